"""Who is calling: token in the path, bearer token, basic, session cookie, in this order; the first one present decides.

Source: the OpenRosa specification, "Authentication".
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from flask import Request
from sqlalchemy.orm import Session

from server.backends import Backends
from server.db import session_scope
from server.errors import HttpsOnlyError, NotAllowedError, NotAuthenticatedError
from server.models.actor import Actor, ActorKind
from server.permissions import Caller
from server.services import accounts

TOKEN = re.compile(r"[A-Za-z0-9!$]{64}")
KEY_PATH = re.compile(r"/v1/key/([^/]+)(/.*)")
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
        if backends.config.is_https and not arrived_by_https(request):
            raise HttpsOnlyError()
        return _by_basic(backends, value.strip())
    raise NotAuthenticatedError()


def log_in(backends: Backends, request: Request, *, email: str, password: str) -> accounts.Login | None:
    """A new session, or None when address or password is wrong or the account is locked."""
    with session_scope(backends.sessions) as session:
        return accounts.log_in(session, email=email, password=password)


def knows_password(backends: Backends, request: Request, *, email: str, password: str) -> bool:
    """Whether this is the password of the account; a wrong one is counted."""
    with session_scope(backends.sessions) as session:
        return accounts.check_password(session, email=email, password=password) is not None


def arrived_by_https(request: Request) -> bool:
    """True when the request came over https, to us or to the proxy in front of us."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _by_token(session: Session, token: str) -> Caller:
    caller = accounts.find_caller(session, token) if TOKEN.fullmatch(token) else None
    if caller is None:
        raise NotAuthenticatedError()
    return caller


def _by_basic(backends: Backends, value: str) -> Caller:
    """A transaction of its own, since a wrong password is counted although the request is refused."""
    try:
        email, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotAuthenticatedError() from error
    with session_scope(backends.sessions) as session:
        account = accounts.check_password(session, email=email, password=password)
        actor = session.get(Actor, account.actor_id) if account else None
        caller = accounts.load_caller(session, actor, None) if actor else None
    if caller is None:
        raise NotAuthenticatedError()
    return caller


def _by_cookie(session: Session, token: str) -> Caller | None:
    caller = accounts.find_caller(session, token) if TOKEN.fullmatch(token) else None
    return caller if caller is not None and caller.kind == ActorKind.user else None
