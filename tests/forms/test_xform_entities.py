import pytest

from forms.definition import EntityDeclaration
from forms.errors import ConversionError, Reason
from forms.xform import read_definition
from tests.forms.xforms import ENTITIES, definition_of, survey, xform_of

ONE = survey(
    "text | nama | Nama | | | | | nama_kepala",
    more="| entities |\n| | list_name | label |\n| | keluarga | ${nama} |\n",
)


def refusal(xform: bytes) -> str:
    with pytest.raises(ConversionError) as caught:
        read_definition(xform)
    assert caught.value.reason is Reason.ENTITIES
    return str(caught.value)


def changed(old: bytes, new: bytes) -> bytes:
    xform = xform_of(ONE)
    assert old in xform
    return xform.replace(old, new)


def test_one_entity_at_the_root():
    form = definition_of(ONE)
    assert form.entities_version == "2024.1.0"
    assert form.entities == (EntityDeclaration("keluarga", "", True, False, {"nama_kepala": "/nama"}),)
    assert form.by_path["/nama"].save_to == "nama_kepala"


def test_several_entities_each_with_the_fields_nearest_to_it():
    form = definition_of(ENTITIES)
    assert form.entities_version == "2025.1.0"
    assert form.entities == (
        EntityDeclaration("keluarga", "/rumah", False, True, {"rt": "/rumah/rt", "rw": "/rumah/rw"}),
        EntityDeclaration("anggota", "/art", True, False, {"nama": "/art/nama"}),
    )


def test_a_form_without_entities_has_none():
    form = definition_of(survey("text | a | A"))
    assert (form.entities, form.entities_version) == ((), None)


@pytest.mark.parametrize("version", ["2022.1.0", "2022.1.5", "2023.1.0", "2024.1.0", "2025.1.9"])
def test_known_versions_are_taken(version):
    form = read_definition(changed(b'entities-version="2024.1.0"', f'entities-version="{version}"'.encode()))
    assert form.entities_version == version


@pytest.mark.parametrize("version", ["2021.1.0", "2026.1.0", "2024.2.0", "2024.1", "x"])
def test_unknown_versions_are_refused(version):
    assert version in refusal(
        changed(b'entities-version="2024.1.0"', f'entities-version="{version}"'.encode())
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'entities:entities-version="2024.1.0"', b"", "no entities-version"),
        (b'dataset="keluarga"', b"", "no dataset name"),
        (b'dataset="keluarga"', b'dataset=" "', "no dataset name"),
        (b'dataset="keluarga"', b'dataset="a.b"', "a.b"),
        (b'dataset="keluarga"', b'dataset="__a"', "__a"),
        (b'dataset="keluarga"', b'dataset="1a"', "1a"),
        (b'create="1"', b"", "neither creates nor updates"),
        (b'saveto="nama_kepala"', b'saveto="Label"', "Label"),
        (b'saveto="nama_kepala"', b'saveto="__x"', "__x"),
        (b'saveto="nama_kepala"', b'saveto="a b"', "a b"),
        (b"</entity>", b'</entity><entity dataset="b" create="1" id=""/>', "2025.1|more than one"),
        (
            b'nodeset="/data/meta/instanceID"',
            b'nodeset="/data/meta/instanceID" entities:saveto="nama_kepala"',
            "both",
        ),
    ],
)
def test_bad_declarations_are_refused_by_what_is_wrong(old, new, told):
    message = refusal(changed(old, new))
    assert any(part in message for part in told.split("|"))


def test_two_entities_in_one_meta_are_refused_in_every_version():
    xform = changed(b"</entity>", b'</entity><entity dataset="b" create="1" id=""/>')
    assert "more than one" in refusal(xform.replace(b'version="2024.1.0"', b'version="2025.1.0"'))


def test_entities_in_groups_need_the_version_that_knows_them():
    assert "2025.1" in refusal(xform_of(ENTITIES).replace(b"2025.1.0", b"2024.1.0"))


def test_a_field_saved_without_an_entity_is_refused():
    xform = xform_of(ENTITIES)
    start, end = xform.index(b"<meta><entity"), xform.index(b"</meta>")
    without = xform[:start] + xform[end + len(b"</meta>") :]
    assert without.count(b"<entity ") == 2
    assert "no entity encloses" in refusal(without)
    none = changed(b'<entity dataset="keluarga" create="1" id=""><label/></entity>', b"")
    assert "declares none" in refusal(none)


@pytest.mark.parametrize("name", ["keluarga", ":a", "_a", "é", "a-b:c_1"])
def test_dataset_names_that_are_allowed(name):
    form = read_definition(changed(b'dataset="keluarga"', f'dataset="{name}"'.encode()))
    assert form.entities[0].dataset == name
