"""The application for a WSGI server: `granian --interface wsgi server.wsgi:app`."""

import multiprocessing
import os
import signal

from server.config import load_config
from server.connections import StandstillGuard
from server.front_door import FrontDoor, WsgiApp
from server.logs import set_up_logging
from server.processes import end_with_parent

if multiprocessing.parent_process() is not None:
    end_with_parent(signal.SIGKILL)  # a worker that outlives its killed server would keep the port for ever
set_up_logging()
config = load_config(os.environ)


def load() -> WsgiApp:
    """The whole application."""
    from server.app import create_app
    from server.backends import open_backends

    return create_app(open_backends(config))


app = StandstillGuard(FrontDoor(config, load))
