"""Answers on the phones' routes: headers that every one carries, errors as OpenRosa XML.

Source: the OpenRosa specification, "Header rule"; Collect's cache behaviour, "What Collect sends and understands".
"""

import re
from email.utils import formatdate

from flask import Request, Response, request

from forms.openrosa import ACCEPT_LENGTH_BYTES, NATURE_ERROR, SUCCESS_MESSAGE, VERSION_HEADER, render_response
from server.errors import BadHeaderError, SisirError

_PHONE_PATH = re.compile(
    r"/v1(/test/[^/]+)?/projects/[^/]+/"
    r"(formList|submission|datasets/[^/]+/integrity|forms/[^/]+(/versions/[^/]+)?/manifest|forms/[^/]+/draft/submission)"
)


def is_phone_route(incoming: Request) -> bool:
    """True on routes that answer OpenRosa XML: form list, manifest, integrity, submission."""
    return _PHONE_PATH.fullmatch(incoming.path) is not None


def require_version_header() -> None:
    """Raises: BadHeaderError unless the request says X-OpenRosa-Version: 1.0. Comes before authentication."""
    value = request.headers.get(VERSION_HEADER)
    if value != "1.0":
        raise BadHeaderError(
            f"the header {VERSION_HEADER} must be 1.0",
            details={"field": VERSION_HEADER, "value": value},
            message_id="Alamat ini hanya untuk ODK Collect (X-OpenRosa-Version: 1.0).",
        )


def answer_xml(body: bytes, status: int = 200) -> Response:
    """An OpenRosa document in English (the protocol's texts), with the headers that phones look for."""
    response = Response(body, status=status, content_type="text/xml; charset=utf-8")
    return _with_headers(response, "en")


def answer_created() -> Response:
    """201 with exactly the text that Collect replaces by its own translated "success"."""
    return answer_xml(render_response(SUCCESS_MESSAGE), 201)


def answer_empty() -> Response:
    """204 to a preflight."""
    response = Response(status=204)
    response.headers.pop("Content-Type", None)
    return _with_headers(response, "en")


def answer_error(error: SisirError) -> Response:
    """The error as one short Indonesian sentence, with its HTTP status."""
    body = render_response(error.message_id, NATURE_ERROR)
    response = Response(body, status=error.status, content_type="text/xml; charset=utf-8")
    response.headers["X-Sisir-Problem"] = error.code
    if error.status == 401 and _wants_challenge(error):
        response.headers["WWW-Authenticate"] = 'Basic realm="Sisir", charset="UTF-8"'
    if error.status in (429, 503):
        response.headers["Retry-After"] = retry_after(error)
    return _with_headers(response, "id")


def retry_after(error: SisirError) -> str:
    """Seconds after which it makes sense to try again."""
    return str((error.details or {}).get("retryAfter", 60))


def _wants_challenge(error: SisirError) -> bool:
    """Offer Basic only to a client that sent no credentials and is no script in a page."""
    sent = "sisir.key" in request.environ or "Authorization" in request.headers
    return error.code == "401.2" and not sent and "X-Requested-With" not in request.headers


def _with_headers(response: Response, language: str) -> Response:
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["X-OpenRosa-Accept-Content-Length"] = str(ACCEPT_LENGTH_BYTES)
    response.headers["Content-Language"] = language
    response.headers["Date"] = formatdate(usegmt=True)
    return set_caching(response)


def set_caching(response: Response) -> Response:
    """Explicit caching rules; without them Collect's HTTP cache would freeze form lists."""
    if request.method in ("GET", "HEAD"):
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept-Encoding, Origin"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "*"
    return response
