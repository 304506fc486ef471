"""What every page of the console is framed by and no database is needed for: languages, security headers, the log-in form.

Belongs here: what the front door (server/front_door.py) shares with the console. Does not: anything that knows a caller.
"""

from flask import render_template, request

from server.console.typed_numbers import may_be_number
from server.errors import SisirError

LANGUAGES = ("id", "en")
LANGUAGE_COOKIE = "language"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def select_language() -> str:
    """The language of the page: the visitor's choice, else Indonesian."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def current_address() -> str:
    """The address of this page, to come back to; without its search when that may be an identity number."""
    searched = may_be_number(request.args.get("q", ""))
    return request.path if searched else request.full_path.rstrip("?")


def render_login(
    *, going_to: str, email: str = "", failed: bool = False, refused: SisirError | None = None
) -> str:
    """The log-in page. going_to: the address that was asked for; failed: after a wrong password; refused: not even tried."""
    return render_template("login.html", next=going_to, email=email, failed=failed, refused=refused)
