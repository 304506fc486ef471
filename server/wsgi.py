"""The application for a WSGI server: `granian --interface wsgi server.wsgi:app`."""

import os

from server.config import load_config
from server.front_door import FrontDoor, WsgiApp
from server.logs import set_up_logging

set_up_logging()
config = load_config(os.environ)


def load() -> WsgiApp:
    """The whole application."""
    from server.app import create_app
    from server.backends import open_backends

    return create_app(open_backends(config))


app = FrontDoor(config, load)
