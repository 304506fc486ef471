"""The real application with a guard that loses patience after seconds, and a page that never ends, for tests of slow phones."""

from collections.abc import Callable, Iterable
from typing import Any

from server.wsgi import app
from tests.faults.quick_wsgi_window import ENDLESS, WINDOW_S

guard = app.wsgi_app
guard._window_s = WINDOW_S  # type: ignore[attr-defined]
served = guard.app  # type: ignore[attr-defined]


def _with_endless_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != ENDLESS:
        return served(environ, start_response)  # type: ignore[no-any-return]
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return iter(lambda: bytes(1 << 16), b"")


guard.app = _with_endless_page  # type: ignore[attr-defined]
