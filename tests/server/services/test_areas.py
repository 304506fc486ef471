"""Area paths and the tree."""

import pytest
from sqlalchemy.orm import Session

from server.errors import NotFoundError
from server.models.area import Area
from server.services.areas import area_names, area_path, get_area, list_children, list_villages, normal_rt
from tests.server.factories import JOGOROTO, PERAK, add_village


@pytest.mark.parametrize(
    ("text", "normal"),
    [("3", "003"), ("03", "003"), ("003", "003"), ("RT 3", "003"), ("3.0", "003"), ("12/04", "012"), ("120", "120"),
     ("", ""), ("0", ""), ("000", ""), ("-", ""), ("1000", ""), ("A", "")],
)  # fmt: skip
def test_rt_and_rw_have_three_digits(text: str, normal: str) -> None:
    assert normal_rt(text) == normal


@pytest.mark.parametrize(
    ("rw", "rt", "path"),
    [("1", "2", f"{PERAK}/001/002"), ("1", "", f"{PERAK}/001"), ("", "", PERAK), ("", "2", f"{PERAK}/000/002"),
     ("x", "2", f"{PERAK}/000/002"), ("0", "0", PERAK)],
)  # fmt: skip
def test_a_path_goes_down_as_far_as_it_is_known(rw: str, rt: str, path: str) -> None:
    assert area_path(PERAK, rw, rt) == path


@pytest.fixture
def tree(session: Session) -> Session:
    rows = [("35", "Jawa Timur"), ("3517", "Kabupaten Jombang"), ("351701", "Perak"), ("351702", "Jogoroto")]
    session.add_all(
        Area(code=code, level=len(code), name=name, parent_code=code[:-2] or None) for code, name in rows
    )
    add_village(session, PERAK, name="Jantiganggong")
    add_village(session, JOGOROTO, name="Sawiji")
    return session


def test_children_are_those_right_below(tree: Session) -> None:
    assert [area.name for area in list_children(tree)] == ["Jawa Timur"]
    assert [area.code for area in list_children(tree, "35.17")] == ["351701", "351702"]
    assert [area.code for area in list_children(tree, "351701")] == [PERAK]


def test_children_are_narrowed_to_the_areas_of_the_caller(tree: Session) -> None:
    seen = (f"{PERAK}/001/002",)
    assert [area.code for area in list_children(tree, areas=seen)] == ["35"]
    assert [area.code for area in list_children(tree, "3517", areas=seen)] == ["351701"]
    assert list_children(tree, "351702", areas=seen) == []
    assert list_children(tree, areas=()) == []


def test_villages_of_areas(tree: Session) -> None:
    assert [area.code for area in list_villages(tree, ("3517",))] == [PERAK, JOGOROTO]
    assert [area.code for area in list_villages(tree, (f"{JOGOROTO}/001",))] == [JOGOROTO]
    assert len(list_villages(tree, None)) == 2


def test_a_code_is_found_dotted_or_plain(tree: Session) -> None:
    assert get_area(tree, "35.17.01.2001").id == get_area(tree, PERAK).id
    with pytest.raises(NotFoundError):
        get_area(tree, "99")


def test_names_of_many_codes_at_once(tree: Session) -> None:
    assert area_names(tree, ["3517", "351702", "99"]) == {"3517": "Kabupaten Jombang", "351702": "Jogoroto"}
    assert area_names(tree, []) == {}
