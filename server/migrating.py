"""Bringing a database to the present schema: Alembic without an ini file."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Engine

from server.db import open_database


def upgrade_database(engine: Engine, revision: str = "head") -> None:
    """Runs the migrations that the database lacks; a repeat does nothing."""
    with engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


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
