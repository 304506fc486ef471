import pytest

from forms.entities import Attribute, Fault, normalise_uuid, read_entity_actions
from forms.instance import EntityElement, render_instance
from forms.submission import SubmissionDocument
from forms.xform import read_definition
from tests.forms.xforms import ENTITIES, definition_of, survey, xform_of

ONE = survey(
    "text | nama | Nama | | | | | nama_kepala",
    "begin_group | g | G",
    "text | rt | RT | | | | | rt",
    "end_group",
    more="| entities |\n| | list_name | label |\n| | keluarga | ${nama} |\n",
)
UUID = "7c9a6c3e-8a38-4a6e-9f6e-0c4f6a1f2b11"
OTHER = "b1d3f1a2-9f5d-4b8e-8d5c-2f8e0b7a9c22"


def actions(inner: str, markdown: str = ONE, root: str = "data"):
    xml = f'<{root} id="tes" version="1">{inner}</{root}>'.encode()
    return read_entity_actions(SubmissionDocument(xml), definition_of(markdown))


def entity(attributes: str, inner: str = "<label>Siti</label>") -> str:
    return f'<meta><entity dataset="keluarga" {attributes}>{inner}</entity></meta>'


@pytest.mark.parametrize("root", ["data", "kebun", "x:kebun"])
def test_a_create_with_its_properties_whatever_the_root_is_called(root):
    (action,) = actions(
        "<nama>Siti</nama><g><rt/></g>" + entity(f'create="1" id="uuid:{UUID.upper()}"'), root=root
    )
    assert (action.dataset, action.create, action.update, action.label) == ("keluarga", True, False, "Siti")
    assert action.entity_id == Attribute(f"uuid:{UUID.upper()}", UUID, None)
    assert action.properties == {"nama_kepala": "Siti", "rt": ""}


def test_a_node_that_is_absent_leaves_its_property_alone():
    (action,) = actions("<nama/>" + entity(f'update="1" id="{UUID}"'))
    assert action.properties == {"nama_kepala": ""}
    (action,) = actions(entity(f'update="1" id="{UUID}"'))
    assert action.properties == {}


def test_texts_of_properties_are_kept_as_sent():
    (action,) = actions("<nama> Siti\n Aminah </nama>" + entity(f'create="1" id="{UUID}"'))
    assert action.properties["nama_kepala"] == " Siti\n Aminah "


@pytest.mark.parametrize(
    ("text", "active"),
    [("1", True), ("true", True), ("0", False), ("", False), ("TRUE", False), ("yes", False), (" 1", False)],
)
def test_only_1_and_true_activate(text, active):
    (action,) = actions(entity(f'create="{text}" update="{text}" id="{UUID}"'))
    assert (action.create, action.update) == (active, active)


def test_label_absent_and_label_empty_differ():
    assert actions(entity(f'id="{UUID}"', ""))[0].label is None
    assert actions(entity(f'id="{UUID}"', "<label/>"))[0].label == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.MISSING),
        ("  ", Fault.MISSING),
        ("x", Fault.INVALID),
        ("7c9a6c3e-8a38-1a6e-9f6e-0c4f6a1f2b11", Fault.INVALID),
        ("7c9a6c3e8a384a6e9f6e0c4f6a1f2b11", Fault.INVALID),
        (f"{{{UUID}}}", Fault.INVALID),
    ],
)
def test_a_bad_id_is_a_value_not_an_exception(text, fault):
    found = actions(entity(f'create="1" id="{text}"'))[0].entity_id
    assert (found.raw, found.value, found.fault) == (text, None, fault)


def test_an_absent_id_is_missing():
    assert actions(entity('create="1"'))[0].entity_id == Attribute(None, None, Fault.MISSING)


def test_versions_and_branch():
    (action,) = actions(
        entity(f'update="1" id="{UUID}" baseVersion="3" trunkVersion="" branchId="{OTHER.upper()}"')
    )
    assert (action.base_version.number, action.base_version.fault) == (3, None)
    assert (action.trunk_version.number, action.trunk_version.fault) == (None, Fault.MISSING)
    assert action.branch_id.value == OTHER
    (action,) = actions(entity(f'update="1" id="{UUID}" baseVersion="satu" trunkVersion="-1" branchId="x"'))
    faults = [item.fault for item in (action.base_version, action.trunk_version, action.branch_id)]
    assert faults == [Fault.INVALID] * 3
    assert action.base_version.raw == "satu"


def test_a_version_of_a_thousand_digits_is_invalid():
    assert actions(entity(f'baseVersion="{"9" * 1000}"'))[0].base_version.fault is Fault.INVALID


def test_every_row_of_a_repeat_gives_an_action_with_its_own_properties():
    form = definition_of(ENTITIES)
    xml = render_instance(
        form,
        {
            "/rumah": None,
            "/rumah/rt": "001",
            "/rumah/meta/entity": EntityElement("keluarga", UUID, update=True, base_version=2),
            "/art": [
                {"nama": "A", "meta/entity": EntityElement("anggota", UUID, create=True, label="A")},
                {"meta/entity": EntityElement("anggota", OTHER, create=True, label="B")},
            ],
        },
        instance_id="uuid:1",
    )
    found = read_entity_actions(SubmissionDocument(xml), form)
    assert [(item.dataset, item.container, item.rows) for item in found] == [
        ("keluarga", "/rumah", ()),
        ("anggota", "/art", (0,)),
        ("anggota", "/art", (1,)),
    ]
    assert [item.properties for item in found] == [{"rt": "001"}, {"nama": "A"}, {}]


def test_a_form_without_entities_and_an_encrypted_submission_give_none():
    plain = definition_of(survey("text | nama | Nama"))
    xml = '<data id="tes"{}>' + entity(f'create="1" id="{UUID}"') + "</data>"
    assert read_entity_actions(SubmissionDocument(xml.format("").encode()), plain) == ()
    encrypted = SubmissionDocument(xml.format(' encrypted="yes"').encode())
    assert read_entity_actions(encrypted, definition_of(ONE)) == ()


def test_an_entity_of_a_form_with_another_root_name_is_found():
    xform = (
        xform_of(ONE)
        .replace(b"/data/", b"/kebun/")
        .replace(b"<data id", b"<kebun id")
        .replace(b"</data>", b"</kebun>")
    )
    form = read_definition(xform)
    assert form.entities[0].properties["nama_kepala"] == "/nama"


@pytest.mark.parametrize("text", [UUID, UUID.upper(), f"uuid:{UUID}", f" {UUID}\n"])
def test_uuids_are_normalised(text):
    assert normalise_uuid(text) == UUID
