"""Who is calling: token in the path, bearer token, basic, session cookie, in this order; the first one present decides.

A password takes a tenth of a second and much memory to compare, so it is compared between two short transactions, never in
one: `take_password` comes before an edge opens its own.

Source: the OpenRosa specification, "Authentication".
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from flask import Request
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import session_scope
from server.errors import HttpsOnlyError, NotAllowedError, NotAuthenticatedError, TooManyAttemptsError
from server.models.actor import Actor, ActorKind
from server.permissions import Caller
from server.services import accounts, logins
from server.services.accounts import Login
from server.services.logins import Credentials
from server.services.passwords import verify_password

TOKEN = re.compile(r"[A-Za-z0-9!$]{64}")
KEY_PATH = re.compile(r"/v1/key/([^/]+)(/.*)")
_PROVEN = "sisir.proven_actor_id"
PHONE_KINDS = (ActorKind.field_key, ActorKind.public_link)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class KeyInPath:
    """WSGI middleware: takes /v1/key/TOKEN or ?st=TOKEN off the address, so that every route serves both forms.

    environ['sisir.key'] is the token as it came, environ['sisir.key_prefix'] what addresses in the answer begin with.
    """

    def __init__(self, app: WsgiApp) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Rewrites the address, then serves it."""
        match = KEY_PATH.fullmatch(environ.get("PATH_INFO", ""))
        if match:
            _set_key(environ, unquote(match[1]))
            environ["PATH_INFO"] = "/v1" + match[2]
        elif "st=" in environ.get("QUERY_STRING", ""):
            pairs = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
            tokens = [value for name, value in pairs if name == "st"]
            if tokens:
                _set_key(environ, tokens[0])
                environ["QUERY_STRING"] = urlencode([pair for pair in pairs if pair[0] != "st"])
        return self.app(environ, start_response)


def _set_key(environ: dict[str, Any], token: str) -> None:
    environ["sisir.key"] = token
    environ["sisir.key_prefix"] = f"/key/{token}"


def identify(request: Request, backends: Backends, session: Session) -> Caller | None:
    """The caller of a request, or None when it carries no credentials at all.

    Raises: NotAuthenticatedError (401.2), NotAllowedError (403.1, a dead token in the path), HttpsOnlyError (401.3).
    """
    key = request.environ.get("sisir.key")
    if key is not None:
        return _by_key(session, key, request.environ["sisir.key_prefix"])
    header = request.headers.get("Authorization")
    if header:
        return _by_header(session, backends, request, header)
    token = request.cookies.get(backends.config.session_cookie)
    if not token:
        return None
    if backends.config.is_https and not arrived_by_https(request):
        raise HttpsOnlyError()
    return _by_cookie(session, token)


def require_caller(request: Request, backends: Backends, session: Session) -> Caller:
    """As identify, but somebody must be there. Raises: NotAuthenticatedError otherwise."""
    caller = identify(request, backends, session)
    if caller is None:
        raise NotAuthenticatedError()
    return caller


def _by_key(session: Session, token: str, prefix: str) -> Caller:
    if not TOKEN.fullmatch(token):
        raise NotAuthenticatedError()
    caller = accounts.find_caller(session, token, key_prefix=prefix)
    if caller is None or caller.kind not in PHONE_KINDS:
        raise NotAllowedError(
            "this token is unknown or was revoked",
            message_id="Akses HP ini sudah dicabut atau tidak dikenal. Minta kode QR baru ke kantor.",
        )
    return caller


def _by_header(session: Session, backends: Backends, request: Request, header: str) -> Caller:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return _by_token(session, value.strip())
    if scheme.lower() == "basic":
        take_password(request, backends)
        actor = session.get(Actor, request.environ[_PROVEN])
        if actor is not None:
            return accounts.load_caller(session, actor, None)
    raise NotAuthenticatedError()


def arrived_by_https(request: Request) -> bool:
    """True when the request came over https, to us or to the proxy in front of us."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _by_token(session: Session, token: str) -> Caller:
    caller = accounts.find_caller(session, token) if TOKEN.fullmatch(token) else None
    if caller is None:
        raise NotAuthenticatedError()
    return caller


def take_password(request: Request, backends: Backends) -> None:
    """Compares the password of a request that brings one (Basic), in transactions of its own; once a request.

    An edge calls it before it opens its transaction; `identify` then only looks up whose it was. Other requests: nothing.
    Raises: NotAuthenticatedError (401.2), HttpsOnlyError (401.3), TooManyAttemptsError (429.1), UnavailableError.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if "sisir.key" in request.environ or scheme.lower() != "basic" or _PROVEN in request.environ:
        return
    if backends.config.is_https and not arrived_by_https(request):
        raise HttpsOnlyError()
    try:
        email, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticatedError() from error
    checked = _check_password(backends, email, password, caller_address(request, backends))
    if checked is None:
        raise NotAuthenticatedError()
    with session_scope(backends.sessions, read_only=True) as session:
        clearing = logins.needs_clearing(session, checked)
    if clearing:
        with session_scope(backends.sessions) as session:
            if logins.accept(session, checked) is None:
                raise NotAuthenticatedError()
    request.environ[_PROVEN] = checked.actor_id


def log_in(backends: Backends, request: Request, *, email: str, password: str) -> Login | None:
    """A new session, or None when address or password is wrong or the account is locked.

    Effects: a wrong password is counted for the account and for the caller's address.
    Raises: TooManyAttemptsError, UnavailableError.
    """
    checked = _check_password(backends, email, password, caller_address(request, backends))
    if checked is None:
        return None
    with session_scope(backends.sessions) as session:
        account = logins.accept(session, checked)
        return None if account is None else accounts.start_session(session, account)


def knows_password(backends: Backends, request: Request, *, email: str, password: str) -> bool:
    """Whether this is the password of the account; a wrong one is counted. Raises: as log_in."""
    return _check_password(backends, email, password, caller_address(request, backends)) is not None


def _check_password(backends: Backends, email: str, password: str, address: str) -> Credentials | None:
    """Whose password this is, or None; takes as long for an unknown address or a locked account."""
    wait_s = backends.attempts.wait_s(address)
    if wait_s:
        raise TooManyAttemptsError(details={"retryAfter": wait_s})
    with session_scope(backends.sessions, read_only=True) as session:
        checked = logins.find_credentials(session, email)
    if verify_password(checked.password_hash, password):
        return checked
    backends.attempts.count_failure(address)
    if checked.actor_id is not None:
        with session_scope(backends.sessions) as session:
            logins.count_failure(session, checked)
    return None


def caller_address(request: Request, backends: Backends) -> str:
    """The network address that a request comes from; behind a proxy of ours, the one that the proxy saw."""
    address = request.remote_addr or ""
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    while seen and seen[-1] and _is_proxy(address, backends):
        address = seen.pop()
    return address


def _is_proxy(address: str, backends: Backends) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in backends.config.proxies)


def _by_cookie(session: Session, token: str) -> Caller | None:
    caller = accounts.find_caller(session, token) if TOKEN.fullmatch(token) else None
    return caller if caller is not None and caller.kind == ActorKind.user else None
