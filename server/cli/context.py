"""What every command needs: the backends, a project by id."""

import os

import click

from server.backends import Backends, open_backends
from server.config import load_config


def backends(ctx: click.Context | None = None) -> Backends:
    """The backends that the environment names, opened once per command."""
    root = (ctx or click.get_current_context()).find_root()
    if root.obj is None:
        root.obj = open_backends(load_config(os.environ))
    found: Backends = root.obj
    return found


project_option = click.option(
    "--project", "project_id", type=int, default=1, show_default=True, help="Campaign (project id)."
)
