"""Narrowing to areas: the same answer in Python and in both databases, by index, and never by pattern."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.models.household import Household
from server.scope import common_area, covers, covers_any, village_paths, widest_paths, within_areas
from tests.server.factories import add_household

PATHS = (
    "3517012001",
    "3517012001/003",
    "3517012001/003/001",
    "3517012001/003/002",
    "3517012001/004/002",
    "3517012002",
    "3517012002/003/002",
    "3517022001/001/001",
    "3518012001/003/002",
    "3599999999/999/999",
)
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("35",),
    ("3517",),
    ("351701",),
    ("3517012001",),
    ("3517012001/003",),
    ("3517012001/003/002",),
    ("3517012001/00",),
    ("3517012001/003/00",),
    ("3599",),
    ("3517012001/004", "3518"),
    ("3517", "3517012001"),
    ("%",),
    ("35_7",),
    ("3517012001/%",),
    ("3517012001/___",),
    ("'; --",),
    ("\\",),
    ("",),
    (),
)


@pytest.fixture
def stored(session: Session) -> Session:
    for path in PATHS:
        add_household(session, path)
    return session


@pytest.mark.parametrize("areas", QUESTIONS)
def test_database_and_python_agree(stored: Session, areas: tuple[str, ...]) -> None:
    found = set(stored.scalars(select(Household.area_path).where(within_areas(Household.area_path, areas))))
    assert found == {path for path in PATHS if covers_any(areas, path)}


def test_what_each_kind_of_path_covers() -> None:
    assert [path for path in PATHS if covers("3517012001/003", path)] == list(PATHS[1:4])
    assert [path for path in PATHS if covers("3517012001", path)] == list(PATHS[:5])
    assert [path for path in PATHS if covers("351701", path)] == list(PATHS[:7])
    assert not covers("", PATHS[0])
    assert not covers("3517012001/003/002", "3517012001/003")


def test_none_is_everything_and_an_empty_tuple_nothing(stored: Session) -> None:
    everything = select(Household.id).where(within_areas(Household.area_path, None))
    nothing = select(Household.id).where(within_areas(Household.area_path, ()))
    assert len(stored.scalars(everything).all()) == len(PATHS)
    assert stored.scalars(nothing).all() == []


def test_rows_without_area_are_seen_only_when_asked_for(session: Session) -> None:
    add_household(session, "", source_id="nowhere")
    seen = within_areas(Household.area_path, ("3517",), allow_empty=True)
    assert session.scalars(select(Household.source_id).where(seen)).all() == ["nowhere"]
    assert (
        session.scalars(select(Household.source_id).where(within_areas(Household.area_path, ("3517",)))).all()
        == []
    )
    assert (
        len(
            session.scalars(
                select(Household.id).where(within_areas(Household.area_path, (), allow_empty=True))
            ).all()
        )
        == 1
    )


@pytest.mark.parametrize("areas", [("3517",), ("3517012001/003",), ("3517012001", "3518")])
def test_the_index_on_paths_is_used(stored: Session, areas: tuple[str, ...]) -> None:
    dialect = stored.get_bind().dialect
    query = (
        select(Household.id)
        .where(within_areas(Household.area_path, areas))
        .compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    )
    if dialect.name == "postgresql":
        stored.execute(text("set local enable_seqscan = off"))
    explain = "explain query plan" if dialect.name == "sqlite" else "explain"
    plan = str(stored.connection().exec_driver_sql(f"{explain} {query}".replace("%%", "%")).all())
    assert "ix_household_area_path_id" in plan
    assert "Filter" not in plan


def test_nothing_is_a_pattern() -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        statement = str(
            select(Household.id).where(within_areas(Household.area_path, ("35%",))).compile(dialect=dialect)
        )
        assert "LIKE" not in statement.upper()


def test_many_areas_are_one_query(stored: Session) -> None:
    areas = tuple(f"35170{number:05d}" for number in range(400))
    assert stored.scalars(select(Household.id).where(within_areas(Household.area_path, areas))).all() == []


def test_narrower_paths_are_left_out() -> None:
    assert widest_paths(["3517012001/003", "3517", "", "3518", "3517012001"]) == ("3517", "3518")
    assert widest_paths(["3517012001/003", "3517012001/0031"]) == ("3517012001/003", "3517012001/0031")


def test_a_village_is_shared_by_its_rt() -> None:
    assert village_paths(("3517012001/003/002", "3517012001/004", "3518")) == ("3517012001", "3518")
    assert village_paths(None) is None
    assert village_paths(()) == ()


@pytest.mark.parametrize(
    ("paths", "area"),
    [
        ((), ""),
        (("3517012001/003",), "3517012001/003"),
        (("3517012001", "3517012002"), "351701"),
        (("3517012001/001", "3517012001/002"), "3517012001"),
        (("351701", "351802"), "35"),
        (("35", "36"), ""),
    ],
)
def test_the_smallest_area_that_covers_several(paths, area):
    assert common_area(paths) == area
