"""The application for a WSGI server: `granian --interface wsgi server.wsgi:app`."""

import os

from server.app import create_app
from server.backends import open_backends
from server.config import load_config
from server.logs import set_up_logging

set_up_logging()
app = create_app(open_backends(load_config(os.environ)))
