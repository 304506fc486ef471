"""One short message that is shown on the next page: "Proposed: Suparmi."

It travels in a cookie of its own, signed with the office key, because the console keeps no session of Flask's.
"""

import base64
import hmac
from dataclasses import dataclass

from flask import Response, g, request

from server.edge import backends

COOKIE = "notice"
MAX_TEXT = 500
MAX_AGE_S = 60


@dataclass(frozen=True)
class Notice:
    """What is said; kind is '' or 'error'."""

    text: str
    kind: str = ""


def notify(text: str, kind: str = "") -> None:
    """Shows a message on the next page that this visitor gets; a later one takes its place."""
    g.notice_new = Notice(text[:MAX_TEXT], kind)


def take_notice() -> Notice | None:
    """The message for this page, which is then gone; None without one or when it was tampered with."""
    new: Notice | None = g.get("notice_new")
    if new is not None:
        g.notice_new = None
        return new
    g.notice_taken = True
    return _read(request.cookies.get(COOKIE, ""))


def carry_notice(response: Response) -> Response:
    """Puts a new message into its cookie, or removes one that was shown."""
    new: Notice | None = g.get("notice_new")
    if new is not None:
        secure = backends().config.is_https
        response.set_cookie(
            COOKIE, _write(new), max_age=MAX_AGE_S, httponly=True, secure=secure, samesite="Strict"
        )
    elif g.get("notice_taken") and COOKIE in request.cookies:
        response.delete_cookie(COOKIE, httponly=True, samesite="Strict")
    return response


def _write(notice: Notice) -> str:
    body = base64.urlsafe_b64encode(f"{notice.kind}\n{notice.text}".encode()).decode()
    return f"{body}.{_sign(body)}"


def _read(value: str) -> Notice | None:
    body, _, signature = value.partition(".")
    if not body or not hmac.compare_digest(signature.encode(), _sign(body).encode()):
        return None
    kind, _, text = base64.urlsafe_b64decode(body).decode().partition("\n")
    return Notice(text, kind)


def _sign(body: str) -> str:
    return backends().seal.keyed_hash(f"notice {body}").hex()
