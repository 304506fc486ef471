"""Migrations and models say the same, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

import server.models.all  # noqa: F401
from server.db import Base, open_database
from server.migrating import alembic_config, upgrade_database
from server.schema import list_revisions


def differences(engine: Engine) -> list:
    upgrade_database(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)


def test_migrated_sqlite_equals_the_models(tmp_path):
    engine, _ = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    assert differences(engine) == []
    engine.dispose()


def test_migrated_postgres_equals_the_models(postgres_database):
    engine, _ = open_database(postgres_database.url)
    assert differences(engine) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(tmp_path):
    engine, _ = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade_database(engine)
    upgrade_database(engine)
    engine.dispose()


def test_the_quick_look_at_revisions_agrees_with_alembic():
    script = ScriptDirectory.from_config(alembic_config())
    assert list_revisions() == (
        frozenset(item.revision for item in script.walk_revisions()),
        script.get_current_head(),
    )
