"""The real application with a guard that loses patience after seconds, and a page that never ends, for tests of slow phones."""

from collections.abc import Callable, Iterable
from typing import Any

from server.wsgi import app
from tests.faults.quick_wsgi_window import ENDLESS, WINDOW_S

app._window_s = WINDOW_S
served = app.app


def _with_endless_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != ENDLESS:
        return served(environ, start_response)  # type: ignore[no-any-return]
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return iter(lambda: bytes(1 << 16), b"")


app.app = _with_endless_page
