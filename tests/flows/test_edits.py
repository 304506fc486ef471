"""Edits of submissions over the phones' door: whose are taken, and whose the findings are then."""

import base64

import pytest
from sqlalchemy import select

from server.models.finding import Finding
from server.models.submission import Refused, Submission
from tests import factories
from tests.factories import PASSWORD
from tests.flows.shapes import FORM, HEADERS, instance, post

HERE, THERE = "3599012001", "3599012002"


@pytest.fixture
def staffed(office):
    office.publish(FORM)
    with office.session() as session:
        factories.make_areas(session)
    return office


def edit_of(iid, name="Sari Dewi"):
    return instance(body=f"<nama>{name}</nama><umur>41</umur>", meta=f"<deprecatedID>{iid}</deprecatedID>")


def submission(office):
    with office.session() as session:
        return session.scalars(select(Submission)).one()


def test_the_same_phone_edits_and_edits_again(staffed):
    phone = staffed.phone("Siti", HERE)
    iid, xml = instance()
    assert post(staffed.client, phone, xml).status_code == 201
    second, xml = edit_of(iid)
    assert post(staffed.client, phone, xml).status_code == 201
    assert post(staffed.client, phone, xml).status_code == 201, "a retry"
    assert post(staffed.client, phone, edit_of(second)[1]).status_code == 201


def test_a_new_phone_of_the_same_area_edits(staffed):
    old, new = staffed.phone("Siti", HERE), staffed.phone("Siti, HP baru", "3599")
    iid, xml = instance()
    post(staffed.client, old, xml)
    second, xml = edit_of(iid)
    assert post(staffed.client, new, xml).status_code == 201
    found = submission(staffed)
    assert found.submitter_id == new.officer_id
    assert post(staffed.client, old, edit_of(second)[1]).status_code == 201, "who sent a version may go on"


def test_a_phone_of_another_area_does_not_and_its_text_is_kept(staffed):
    siti, stranger = staffed.phone("Siti", HERE), staffed.phone("Orang lain", THERE)
    iid, xml = instance()
    post(staffed.client, siti, xml)
    staffed.work()
    edit = edit_of(iid)[1]
    answer = post(staffed.client, stranger, edit)
    assert answer.status_code == 403
    assert "Hubungi kantor" in answer.text
    assert submission(staffed).submitter_id == siti.officer_id
    with staffed.session() as session:
        kept = session.scalars(select(Refused)).one()
        assert staffed.backends.seal.open(kept.body) == edit


def test_the_place_of_the_visit_counts_once_it_is_known(staffed):
    siti, colleague = staffed.phone("Siti", "3599"), staffed.phone("Budi", THERE)
    iid, xml = instance()
    post(staffed.client, siti, xml)
    with staffed.session() as session:
        session.scalars(select(Submission)).one().area_path = f"{HERE}/001/002"
    edit = edit_of(iid)[1]
    assert post(staffed.client, colleague, edit).status_code == 403
    with staffed.session() as session:
        session.scalars(select(Submission)).one().area_path = f"{THERE}/001/002"
    assert post(staffed.client, colleague, edit).status_code == 201


@pytest.mark.parametrize(
    ("role", "area", "status"),
    [("manager", "3599", 201), ("manager", THERE, 403), ("formfill", "3599", 403), ("admin", None, 201)],
)
def test_people_need_the_right_and_the_area(staffed, role, area, status):
    siti = staffed.phone("Siti", HERE)
    iid, xml = instance()
    post(staffed.client, siti, xml)
    with staffed.session() as session:
        factories.make_user(session, "Ayu", role, *([area] if area else []), site=role == "admin")
    basic = base64.b64encode(f"ayu@dinsos.test:{PASSWORD}".encode()).decode()
    answer = staffed.client.post(
        f"/v1/projects/{staffed.project_id}/submission",
        data={"xml_submission_file": edit_of(iid)[1].decode()},
        content_type="multipart/form-data",
        headers={**HEADERS, "Authorization": f"Basic {basic}"},
    )
    assert answer.status_code == status, answer.text


def test_findings_belong_to_whoever_made_the_current_version(staffed):
    siti, budi = staffed.phone("Siti", HERE), staffed.phone("Budi", HERE)
    iid, xml = instance(body="<nama>Sari</nama><umur>150</umur>")
    post(staffed.client, siti, xml)
    staffed.work()
    query = select(Finding.officer_id).where(Finding.code == "X01", Finding.closed_at.is_(None))
    with staffed.session() as session:
        assert session.scalars(query).all() == [siti.officer_id]
    edit = instance(body="<nama>Sari</nama><umur>151</umur>", meta=f"<deprecatedID>{iid}</deprecatedID>")[1]
    post(staffed.client, budi, edit)
    staffed.work()
    with staffed.session() as session:
        assert session.scalars(query).all() == [budi.officer_id]
