"""The command line `sisir`: everything an admin does without the console. A file a command group."""

import importlib
import sys

import click

from media.errors import MediaError
from server.errors import SisirError

COMMANDS = {
    "init": "server.cli.setup:init",
    "serve": "server.cli.serve:serve",
    "worker": "server.cli.serve:worker",
    "user": "server.cli.user:user",
    "officer": "server.cli.officer:officer",
    "form": "server.cli.form:form",
    "project": "server.cli.project:project",
    "area": "server.cli.area:area",
    "household": "server.cli.household:household",
    "screen": "server.cli.screen:screen",
    "refused": "server.cli.refused:refused",
    "export": "server.cli.export:export",
    "backup": "server.cli.backup:backup",
    "restore": "server.cli.backup:restore",
    "doctor": "server.cli.doctor:doctor",
    "seed": "server.cli.seed:seed",
    "demo": "server.cli.demo:demo",
}


class _Commands(click.Group):
    """Loads a command's module when it is called, so that `sisir --help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sisir")
def cli() -> None:
    """Sisir: sweep, verify and settle aid households with ODK Collect."""


def main() -> None:
    """Entry point: errors that we raise on purpose are one line on stderr, exit status 1."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (SisirError, MediaError) as error:
        click.echo(f"sisir: {getattr(error, 'message', None) or error}", err=True)
        sys.exit(1)
