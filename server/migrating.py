"""Bringing a database to the present schema: Alembic without an ini file."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect

from server.db import open_database
from server.schema import list_revisions

VERSION_TABLE = "alembic_version"


def upgrade_database(engine: Engine, revision: str = "head") -> None:
    """Runs the migrations that the database lacks; a repeat does nothing."""
    with engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def newest_revision() -> str:
    """The migration that a database must have had for this program to use it."""
    return list_revisions()[1]


def is_known_revision(revision: str) -> bool:
    """False for a migration that this program does not have: the database belongs to a newer one."""
    return revision in list_revisions()[0]


def read_revision(connection: Connection) -> str | None:
    """The last migration that this database had; None when it has none of our tables."""
    return MigrationContext.configure(connection).get_current_revision()


def tables_at(revision: str) -> frozenset[str]:
    """The names of the tables that a database has after this migration: our own, whatever else lives beside them."""
    with tempfile.TemporaryDirectory(prefix="sisir-schema-") as folder:
        engine, _ = open_database(f"sqlite:///{folder}/empty.db")
        upgrade_database(engine, revision)
        with engine.connect() as connection:
            names = frozenset(inspect(connection).get_table_names()) - {VERSION_TABLE}
        engine.dispose()
    return names


def alembic_config() -> AlembicConfig:
    """Alembic's configuration, pointing at server/migrations."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def write_migration(message: str) -> None:
    """Writes a migration that brings a database at the last migration to the models as they are now."""
    with tempfile.TemporaryDirectory() as folder:
        engine, _ = open_database(f"sqlite:///{folder}/empty.db")
        upgrade_database(engine)
        with engine.connect() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True)
        engine.dispose()


if __name__ == "__main__":
    write_migration(" ".join(sys.argv[1:]))
