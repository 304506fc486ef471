"""From a filled form to XML that the server reads back as the phone meant it."""

from datetime import datetime
from functools import cache

import pytest

from forms.compile import compile_form
from forms.definition import FormDefinition
from forms.entities import read_entity_actions
from forms.library import open_bundled
from forms.submission import SubmissionDocument
from forms.values import GeoPoint, Unreadable
from server.demo.filling import Branch, render_form
from tests.server.demo.test_answers import ENTITY, SCENE, fill
from workers.visits import find_value, iter_rows, row_value

BRANCH = Branch("3f0e9d1c-8f6b-4b7e-9a54-1d2c3b4a5f60", trunk=1, base=2)
HOUSEHOLD = {**ENTITY, "name": "0b1f5d53-5a94-4bb1-8f6f-2f6c5f0f7a11"}


@cache
def definition(name: str) -> FormDefinition:
    return compile_form(open_bundled(name), file_name=f"{name}.xlsx", validate=False).definition


def render(name: str, **options) -> SubmissionDocument:
    return SubmissionDocument(
        render_form(definition(name), fill()[name], HOUSEHOLD, username="Ayu Rekaan", **options)
    )


@pytest.mark.parametrize(
    ("name", "point"), [("penyisiran", "titik_rumah"), ("stiker", "titik_stiker"), ("aset", "titik_aset")]
)
def test_answers_are_read_back_by_the_server(name, point):
    document = render(name)
    answers = document.answers(definition(name))
    assert document.envelope.form_id == name
    assert find_value(answers, point) == GeoPoint(-6.2, 112.1, 0.0, 5.0)
    assert isinstance(find_value(answers, "start"), datetime)
    assert not [path for path, value in answers.root.values.items() if isinstance(value, Unreadable)]


def test_members_are_rows_of_the_repeat():
    rows = list(iter_rows(render("penyisiran").answers(definition("penyisiran")).root, "art"))
    assert [row_value(row, "komponen") for row in rows] == ["tidak_ada", "sd", "tidak_ada"]


def test_the_entity_is_updated_from_the_version_that_the_phone_has():
    (action,) = read_entity_actions(render("penyisiran", branch=BRANCH), definition("penyisiran"))
    assert action.update
    assert not action.create
    assert (action.entity_id.value, action.base_version.number, action.trunk_version.number) == (
        HOUSEHOLD["name"],
        2,
        1,
    )
    assert action.branch_id.value == BRANCH.id
    assert action.properties["geometry"] == SCENE.point
    assert action.properties["kode_desa"] == SCENE.village_code


def test_without_a_branch_the_row_s_version_is_the_base():
    (action,) = read_entity_actions(render("aset"), definition("aset"))
    assert action.base_version.number == 1
    assert action.branch_id.value is None


def test_two_renderings_are_two_instances():
    assert render("aset").envelope.instance_id != render("aset").envelope.instance_id


def test_an_answer_to_no_question_is_an_error():
    form = fill()["aset"]
    form.answers["warna_rumah"] = "merah"
    with pytest.raises(KeyError):
        render_form(definition("aset"), form, HOUSEHOLD, username="Ayu Rekaan")
