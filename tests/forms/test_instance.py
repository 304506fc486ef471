from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from forms.instance import EntityElement, render_instance
from forms.submission import parse_submission, read_envelope
from forms.values import GeoPoint
from forms.xform import read_definition
from tests.forms.xforms import ENTITIES, HANDWRITTEN, VISIT, definition_of

FORM = definition_of(VISIT)
UUID = "7c9a6c3e-8a38-4a6e-9f6e-0c4f6a1f2b11"


def tags(xml: bytes) -> list[str]:
    return [child.tag for child in etree.fromstring(xml)]


def test_envelope_and_meta():
    xml = render_instance(
        FORM, {}, instance_id="uuid:2", deprecated_id="uuid:1", instance_name="Siti", audit="audit.csv"
    )
    envelope = read_envelope(xml)
    assert (envelope.form_id, envelope.version) == ("kunjungan", "2026101201")
    assert (envelope.instance_id, envelope.deprecated_id, envelope.instance_name) == (
        "uuid:2",
        "uuid:1",
        "Siti",
    )
    assert etree.fromstring(xml).findtext("meta/audit") == "audit.csv"
    assert read_envelope(render_instance(FORM, {}, instance_id="i", version="x")).version == "x"


def test_nodes_follow_the_form_not_the_caller():
    xml = render_instance(
        FORM, {"/foto": "1.jpg", "/art": [{}], "/g_aset/luas": 1, "/mulai": None}, instance_id="i"
    )
    assert tags(xml) == ["mulai", "g_aset", "art", "foto", "meta"]


def test_what_is_not_given_is_absent_and_none_is_empty():
    answers = parse_submission(
        render_instance(FORM, {"/g_aset/jml_mobil": None, "/art": []}, instance_id="i"), FORM
    )
    assert answers.root.present == {"", "/g_aset", "/g_aset/jml_mobil", "/meta", "/meta/instanceID"}
    given_empty = parse_submission(render_instance(FORM, {"/g_aset": None}, instance_id="i"), FORM)
    assert "/g_aset" in given_empty.root.present


def test_rows_take_full_and_relative_paths():
    rows = [{"nama": "A", "obat": [{"obat_nama": "x"}, {}]}, {"/art/nama": "B"}]
    answers = parse_submission(render_instance(FORM, {"art": rows}, instance_id="i"), FORM)
    first, second = answers.root.repeats["/art"]
    assert (first.values, second.values) == ({"/art/nama": "A"}, {"/art/nama": "B"})
    assert len(first.repeats["/art/obat"]) == 2


def test_an_entity_element_with_its_attributes():
    form = definition_of(ENTITIES)
    element = EntityElement("keluarga", UUID, update=True, base_version=3, trunk_version="", branch_id=UUID)
    xml = render_instance(form, {"/rumah/meta/entity": element}, instance_id="i")
    (found,) = etree.fromstring(xml).iter("entity")
    assert dict(found.attrib) == {
        "dataset": "keluarga",
        "id": UUID,
        "update": "1",
        "baseVersion": "3",
        "trunkVersion": "",
        "branchId": UUID,
    }
    assert len(found) == 0


def test_an_entity_at_the_root_of_a_form_that_declares_none_is_written_too():
    xml = render_instance(FORM, {}, instance_id="i", entity=EntityElement("a", UUID, create=True, label="L"))
    assert etree.fromstring(xml).findtext("meta/entity/label") == "L"


def test_a_form_with_another_root():
    form = read_definition(HANDWRITTEN)
    xml = render_instance(form, {"/plot/luas": "1.5"}, instance_id="i")
    assert etree.fromstring(xml).tag == "pohon"
    assert parse_submission(xml, form).get("/plot/luas") == Decimal("1.5")


@pytest.mark.parametrize(
    "answers",
    [
        {"/tidak_ada": 1},
        {"/art": [{"tidak_ada": 1}]},
        {"/art": [{"/foto": "x"}]},
        {"/art": "x"},
        {"/art": None},
        {"/foto": [{}]},
        {"/foto": "\x00"},
    ],
)
def test_paths_and_values_that_do_not_fit_are_refused(answers):
    with pytest.raises(ValueError, match=r".+"):
        render_instance(FORM, answers, instance_id="i")


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: not text.isspace())
PLACES = st.builds(GeoPoint, *[st.floats(-90, 90).map(lambda number: round(number, 7))] * 4)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"/art/nama": TEXTS, "/art/lahir": st.dates(date(1900, 1, 1))}),
    max_size=4,
)
LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "/g_aset/jml_mobil": st.integers(-(10**9), 10**9),
        "/g_aset/luas": st.decimals(-1000, 1000, places=3),
        "/g_aset/kerja": st.sets(st.sampled_from(["asn", "tani", "x-1"]), min_size=1).map(frozenset),
        "/g_aset/utama": st.sampled_from(["asn", "tani"]),
        "/titik": PLACES,
    },
)


@given(LEAVES, ROWS)
def test_answers_that_are_written_are_read_back(leaves, rows):
    answers = parse_submission(render_instance(FORM, {**leaves, "/art": rows}, instance_id="uuid:1"), FORM)
    assert {key: value for key, value in answers.root.values.items() if not key.startswith("/meta")} == leaves
    assert [row.values for row in answers.root.repeats.get("/art", ())] == rows
