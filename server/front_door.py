"""The front door: a visitor sees the log-in page at once, while the application behind it is still being loaded.

Loading everything (database library, tables, checks) takes several times as long as a bare Flask needs for a page. Who
comes without a session needs none of it yet, and reads and types for longer than it takes. Everything else waits here.
Belongs here: what is answered meanwhile. Does not: the pages themselves (server/console), what is loaded (server/wsgi.py).
"""

import gc
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.http import parse_cookie

from server.config import Config
from server.console import frame

LOG = logging.getLogger("sisir.start")
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HARMLESS_COOKIES = frozenset({frame.LANGUAGE_COOKIE})
LOAD_FAILED = 3


class FrontDoor:
    """A WSGI application that answers by itself what needs no database, until the one that `load` gives is there."""

    def __init__(self, config: Config, load: Callable[[], WsgiApp]) -> None:
        self._front: WsgiApp | None = create_front(config)
        self._load = load
        self._app: WsgiApp | None = None
        self._loaded = threading.Event()
        threading.Thread(target=self._run, name="load", daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """From the front while nothing else is there and it suffices; else from the application."""
        if self._app is None and self._front is not None and needs_nothing(environ):
            return self._front(environ, start_response)
        self._loaded.wait()
        assert self._app is not None
        return self._app(environ, start_response)

    def _run(self) -> None:
        """Ends the process when the application cannot be loaded: the supervisor tells, phones try again later."""
        try:
            self._app = self._load()
        except BaseException as error:
            LOG.critical("start.failed", extra={"error": f"{type(error).__name__}: {error}"})
            os._exit(LOAD_FAILED)
        gc.collect()
        gc.freeze()  # what was loaded stays: collections need not walk over it again and again
        self._loaded.set()
        self._front = None


def needs_nothing(environ: dict[str, Any]) -> bool:
    """Whether a request can be answered without knowing who calls: the log-in page and what it loads."""
    path = environ.get("PATH_INFO", "")
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
        return False
    if path != "/" and path != "/login" and not path.startswith("/static/"):
        return False
    return set(parse_cookie(environ.get("HTTP_COOKIE", ""))) <= HARMLESS_COOKIES


def create_front(config: Config) -> Flask:
    """The little application: the log-in page, its style and scripts, and the way to it from the home page."""
    app = Flask("server", template_folder="console/templates", static_folder=None)
    app.config.update(BABEL_DEFAULT_LOCALE="id", BABEL_DEFAULT_TIMEZONE=config.timezone.key)
    Babel(app, locale_selector=frame.select_language)
    console = Blueprint("console", "server.console", static_folder="static", static_url_path="/static")
    console.add_url_rule("/", "home", _to_login)
    console.add_url_rule("/login", "login", _login)
    for name, path in (("log_in", "/login"), ("set_language", "/language")):
        console.add_url_rule(path, name, build_only=True)
    app.register_blueprint(console)
    app.context_processor(
        lambda: {
            "page": None,
            "language": frame.select_language(),
            "take_notice": lambda: None,
            "current_address": frame.current_address,
        }
    )
    app.after_request(_set_headers)
    return app


def _login() -> str:
    return frame.render_login(going_to=request.args.get("next", ""))


def _to_login() -> ResponseReturnValue:
    return redirect(url_for("console.login", next=frame.current_address()))


def _set_headers(response: Response) -> Response:
    for name, value in frame.HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "console.static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
