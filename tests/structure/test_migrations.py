"""Migrations and models say the same, on both databases."""

import random
from collections.abc import Iterator
from datetime import datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, insert, select

import server.models.all  # noqa: F401
from server.db import Base, now, open_database
from server.migrating import alembic_config, upgrade_database
from server.models.submission import Submission
from server.schema import list_revisions
from server.services.facts_near import cell_of


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request, tmp_path) -> Iterator[Engine]:
    """An empty database of either kind."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database").url
    engine, _ = open_database(url)
    yield engine
    engine.dispose()


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


def test_visits_from_before_there_were_squares_get_theirs(any_engine):
    """0003 computes in SQL what the program computes when it settles a visit."""
    upgrade_database(any_engine, "0001")
    rng = random.Random(5)
    points = [(rng.uniform(-11, 6), rng.uniform(95, 141)) for _ in range(200)]
    project = {"id": 1, "actee_id": "p", "name": "P", "created_at": now()}
    form = {
        "id": 1,
        "project_id": 1,
        "actee_id": "f",
        "xml_form_id": "f",
        "state": "open",
        "created_at": now(),
    }
    with any_engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection, only=["project", "form", "submission"])
        for name, row in (("project", project), ("form", form)):
            connection.execute(insert(tables.tables[name]), _complete(tables.tables[name], row))
        rows = [
            _complete(
                tables.tables["submission"],
                {"id": n, "project_id": 1, "form_id": 1, "instance_id": str(n), "lat": lat, "lon": lon},
            )
            for n, (lat, lon) in enumerate([*points, (None, None)], 1)
        ]
        connection.execute(insert(tables.tables["submission"]), rows)
    upgrade_database(any_engine)
    with any_engine.connect() as connection:
        cells = connection.execute(select(Submission.near_cell).order_by(Submission.id)).scalars().all()
    assert cells == [*(cell_of(lat, lon) for lat, lon in points), None]


def _complete(table, row):
    """The row with something in every column that must not be empty."""
    blank = {int: 0, str: "", bool: False, datetime: now()}
    needed = {
        column.name: blank[column.type.python_type]
        for column in table.columns
        if not column.nullable and column.name not in row
    }
    return {**needed, **row}


def test_the_quick_look_at_revisions_agrees_with_alembic():
    script = ScriptDirectory.from_config(alembic_config())
    assert list_revisions() == (
        frozenset(item.revision for item in script.walk_revisions()),
        script.get_current_head(),
    )
