"""Lists as phones see them: properties, revisions, CSV."""

import csv
import io
import re
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import BadValueError, ListNameError, NotFoundError, PropertyNameError
from server.models.entity import Entity, EntityList, EntityListArea
from server.services import entity_lists, projects
from tests.server.factories import JOGOROTO, PERAK


@pytest.fixture
def project_id(session: Session) -> int:
    return projects.create_project(session, name="Penyisiran").id


@pytest.fixture
def trees(session: Session, project_id: int) -> EntityList:
    return entity_lists.ensure_list(session, project_id, "pohon", ["jenis", "umur"])


def add_entity(session: Session, listed: EntityList, label: str, path: str = "", **data: str) -> Entity:
    entity = Entity(
        entity_list_id=listed.id,
        uuid=str(uuid.uuid4()),
        label=label,
        data=data,
        area_path=path,
        created_at=now(),
    )
    session.add(entity)
    session.flush()
    return entity


def read_csv(session: Session, listed: EntityList, areas: tuple[str, ...] | None = None) -> list[list[str]]:
    data = b"".join(entity_lists.render_entity_csv(session, listed, areas))
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_an_empty_list_has_its_header(session: Session, trees: EntityList) -> None:
    assert (
        b"".join(entity_lists.render_entity_csv(session, trees, None)) == b"name,label,__version,jenis,umur\n"
    )


def test_rows_are_newest_first_and_deleted_ones_are_not_there(session: Session, trees: EntityList) -> None:
    first = add_entity(session, trees, "Jati", jenis="jati", umur="12")
    gone = add_entity(session, trees, "Tebang", jenis="jati")
    second = add_entity(session, trees, "Pinus", umur="3")
    gone.deleted_at, second.version = now(), 4
    session.flush()
    assert read_csv(session, trees)[1:] == [
        [second.uuid, "Pinus", "4", "", "3"],
        [first.uuid, "Jati", "1", "jati", "12"],
    ]


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "a,b",
        'say "x"',
        "two\nlines",
        "two\r\nlines",
        "return\ronly",
        "",
        " space ",
        "é ü 漢 😀",
        '"',
        ",",
        '""',
        "=1+1",
    ],
)
def test_every_value_comes_back_as_it_was(session: Session, trees: EntityList, value: str) -> None:
    entity = add_entity(session, trees, value or "x", jenis=value, umur=value)
    data = b"".join(entity_lists.render_entity_csv(session, trees, None))
    assert list(csv.reader(io.StringIO(data.decode(), newline="")))[1] == [
        entity.uuid,
        value or "x",
        "1",
        value,
        value,
    ]
    assert data.endswith(b"\n") and not data.endswith(b"\r\n")


def test_values_are_quoted_only_when_they_must_be(session: Session, trees: EntityList) -> None:
    add_entity(session, trees, "Jati", jenis="a,b", umur="1 2")
    line = b"".join(entity_lists.render_entity_csv(session, trees, None)).split(b"\n")[1]
    assert line.endswith(b'Jati,1,"a,b",1 2')


def test_columns_stay_in_the_order_of_publishing(
    session: Session, project_id: int, trees: EntityList
) -> None:
    entity_lists.ensure_list(session, project_id, "pohon", ["tinggi", "jenis", "abjad"])
    assert read_csv(session, trees)[0] == ["name", "label", "__version", "jenis", "umur", "tinggi", "abjad"]


def test_a_long_list_comes_in_pieces(session: Session, trees: EntityList) -> None:
    for number in range(1500):
        add_entity(session, trees, f"Pohon {number}", jenis="x" * 60)
    pieces = list(entity_lists.render_entity_csv(session, trees, None))
    assert len(pieces) > 1
    assert b"".join(pieces).count(b"\n") == 1501


def test_a_caller_gets_their_area_and_what_has_none(session: Session, trees: EntityList) -> None:
    for label, path in (
        ("here", f"{PERAK}/001/002"),
        ("next", f"{PERAK}/001/003"),
        ("far", JOGOROTO),
        ("free", ""),
    ):
        add_entity(session, trees, label, path)

    def labels(areas: tuple[str, ...] | None) -> set[str]:
        return {row[1] for row in read_csv(session, trees, areas)[1:]}

    assert labels((f"{PERAK}/001/002",)) == {"here", "free"}
    assert labels((PERAK,)) == {"here", "next", "free"}
    assert labels(()) == {"free"}
    assert labels(None) == {"here", "next", "far", "free"}


def test_who_has_an_rt_gets_the_village_of_it(session: Session, project_id: int) -> None:
    villages = entity_lists.ensure_list(session, project_id, "desa", ["kode_desa"])
    add_entity(session, villages, "Jantiganggong", PERAK)
    add_entity(session, villages, "Sawiji", JOGOROTO)
    assert [row[1] for row in read_csv(session, villages, (f"{PERAK}/001/002",))[1:]] == ["Jantiganggong"]


def revision(session: Session, listed: EntityList, *areas: str) -> str:
    return entity_lists.list_revision_hash(session, listed, areas)


def test_the_hash_changes_with_the_village_and_not_with_others(session: Session, trees: EntityList) -> None:
    here, there = revision(session, trees, f"{PERAK}/001/002"), revision(session, trees, JOGOROTO)
    assert re.fullmatch("[0-9a-f]{32}", here)
    assert here != there
    entity_lists.bump_revision(session, trees.id, PERAK)
    assert revision(session, trees, f"{PERAK}/001/002") != here
    assert revision(session, trees, JOGOROTO) == there


def test_the_hash_changes_for_everybody_with_what_has_no_area(session: Session, trees: EntityList) -> None:
    before = [
        revision(session, trees, PERAK),
        revision(session, trees),
        entity_lists.list_revision_hash(session, trees, None),
    ]
    entity_lists.bump_revision(session, trees.id, "")
    after = [
        revision(session, trees, PERAK),
        revision(session, trees),
        entity_lists.list_revision_hash(session, trees, None),
    ]
    assert not set(before) & set(after)


def test_the_hash_changes_with_a_new_property_and_stays_without_one(
    session: Session, project_id: int, trees: EntityList
) -> None:
    before = revision(session, trees, PERAK)
    entity_lists.ensure_list(session, project_id, "pohon", ["umur"])
    assert revision(session, trees, PERAK) == before
    entity_lists.ensure_list(session, project_id, "pohon", ["tinggi"])
    assert revision(session, trees, PERAK) != before


def test_the_hash_changes_with_the_areas_of_the_caller(session: Session, trees: EntityList) -> None:
    assert revision(session, trees, PERAK) != revision(session, trees, PERAK, JOGOROTO)
    assert revision(session, trees, JOGOROTO, PERAK) == revision(session, trees, PERAK, JOGOROTO)


def test_bumping_many_counts_every_mention(session: Session, trees: EntityList) -> None:
    entity_lists.bump_revisions(session, trees.id, [PERAK, JOGOROTO, PERAK])
    entity_lists.bump_revision(session, trees.id, PERAK)
    entity_lists.bump_revisions(session, trees.id, [])
    rows = session.execute(select(EntityListArea.village_code, EntityListArea.revision)).all()
    assert dict(rows) == {PERAK: 3, JOGOROTO: 1}


@pytest.mark.parametrize("name", ["pohon-2", "_x", "a:b", "A9"])
def test_names_that_odk_allows(session: Session, project_id: int, name: str) -> None:
    assert entity_lists.ensure_list(session, project_id, name, []).name == name


@pytest.mark.parametrize("name", ["", "9a", "a.b", "__x", "a b", "-a"])
def test_names_that_odk_does_not_allow(session: Session, project_id: int, name: str) -> None:
    with pytest.raises(BadValueError):
        entity_lists.ensure_list(session, project_id, name, [])


@pytest.mark.parametrize("name", ["name", "Label", "__x", "9a", "a b", ""])
def test_properties_that_odk_does_not_allow(session: Session, project_id: int, name: str) -> None:
    with pytest.raises(BadValueError):
        entity_lists.ensure_list(session, project_id, "pohon", [name])


def test_a_name_that_differs_only_by_case_is_refused(
    session: Session, project_id: int, trees: EntityList
) -> None:
    with pytest.raises(ListNameError):
        entity_lists.ensure_list(session, project_id, "Pohon", [])
    with pytest.raises(PropertyNameError):
        entity_lists.ensure_list(session, project_id, "pohon", ["Umur"])
    with pytest.raises(PropertyNameError):
        entity_lists.ensure_list(session, project_id, "pohon", ["tinggi", "TINGGI"])


def test_lists_of_another_campaign_are_not_found(session: Session, trees: EntityList) -> None:
    other = projects.create_project(session, name="Lain").id
    assert entity_lists.find_list(session, other, "pohon") is None
    assert entity_lists.ensure_list(session, other, "pohon", []).id != trees.id
    with pytest.raises(NotFoundError):
        entity_lists.get_list(session, other, "tiada")


def test_a_deleted_list_makes_room_for_a_new_one(
    session: Session, project_id: int, trees: EntityList
) -> None:
    trees.deleted_at = now()
    session.flush()
    assert entity_lists.ensure_list(session, project_id, "pohon", []).id != trees.id
