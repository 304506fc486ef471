"""The application for a WSGI server: `granian --interface wsgi server.wsgi:app`."""

import multiprocessing
import os
import signal

from server.app import create_app
from server.backends import open_backends
from server.config import load_config
from server.connections import StandstillGuard
from server.logs import set_up_logging
from server.processes import end_with_parent

if multiprocessing.parent_process() is not None:
    end_with_parent(signal.SIGKILL)  # a worker that outlives its killed server would keep the port for ever
set_up_logging()
app = create_app(open_backends(load_config(os.environ)))
app.wsgi_app = StandstillGuard(app.wsgi_app)  # type: ignore[method-assign]
