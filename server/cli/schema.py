"""Before a server or worker starts: is the database one that this program can use?"""

import click

from server.config import Config
from server.schema import look_at_schema


def require_schema(config: Config) -> None:
    """Nothing, when the schema is this program's, or when the database does not answer now: it will be waited for.

    A database that an earlier program made is not upgraded on the side: an upgrade cannot be taken back, so people say when,
    after a backup; and several machines may share it.
    Raises: ClickException with the commands to run.
    """
    state = look_at_schema(config.database)
    if state is None or state.is_current:
        return
    if state.found is None:
        raise click.ClickException(
            "there is no database yet; run `sisir init`, or `sisir restore` from a backup"
        )
    if not state.is_known:
        raise click.ClickException(
            f"the database (schema {state.found}) was made by a newer Sisir than this one, which knows {state.wanted}; "
            "install that one again"
        )
    raise click.ClickException(
        f"the database is of an earlier Sisir (schema {state.found}; this one needs {state.wanted}). Stop every server and "
        "worker, run `sisir backup FOLDER`, then `sisir init`, then start again"
    )
