import json

import pytest

from forms.definition import definition_from_json, definition_to_json
from forms.xform import read_definition
from tests.forms.xforms import ENTITIES, HANDWRITTEN, VISIT, definition_of


@pytest.mark.parametrize(
    "definition",
    [definition_of(VISIT), definition_of(ENTITIES), read_definition(HANDWRITTEN)],
    ids=["visit", "entities", "handwritten"],
)
def test_json_gives_back_the_same_definition(definition):
    stored = json.dumps(definition_to_json(definition))
    assert definition_from_json(json.loads(stored)) == definition


def test_json_leaves_defaults_out():
    assert definition_to_json(definition_of(VISIT))["fields"][3] == {
        "path": "/g_aset",
        "name": "g_aset",
        "type": "structure",
        "labels": {"Bahasa Indonesia (id)": "Aset", "English (en)": "Assets"},
    }


def test_json_of_something_else_is_refused():
    with pytest.raises((KeyError, TypeError)):
        definition_from_json({"form_id": "x"})


def test_fields_are_found_by_path_and_by_name():
    form = definition_of(VISIT)
    assert form.by_path["/art/nama"].name == "nama"
    assert form.by_name["nama"] == (form.by_path["/art/nama"],)
