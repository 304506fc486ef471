"""The decision table of submissions, over the phones' door, on both sets of backends."""

import io
import threading

import pytest
from sqlalchemy import func, select

from server.models.blob import Blob
from server.models.finding import Finding
from server.models.submission import Attachment, Refused, Submission, SubmissionVersion
from tests.flows.shapes import FORM, HEADERS, instance, post
from tests.media.pictures import draw_house, encode

SUCCESS = b'<message nature="">full submission upload was successful!</message>'


def count(office, table) -> int:
    with office.session() as session:
        return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def phone(office):
    office.publish(FORM)
    return office.phone()


def test_a_submission_is_stored_then_thanked_for(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    answer = post(any_office.client, phone, instance()[1])
    assert answer.status_code == 201
    assert SUCCESS in answer.data
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["X-OpenRosa-Accept-Content-Length"] == "100000000"
    assert count(any_office, Submission) == 1


def test_same_xml_twice_keeps_one_submission(office, phone):
    xml = instance()[1]
    assert [post(office.client, phone, xml).status_code for _ in range(3)] == [201, 201, 201]
    assert count(office, Submission) == count(office, SubmissionVersion) == 1


def test_other_xml_under_the_same_id_is_refused_and_kept_for_rescue(office, phone):
    iid, xml = instance()
    post(office.client, phone, xml)
    other = instance(iid=iid, body="<nama>Lain</nama>")[1]
    answers = [post(office.client, phone, other) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[0].headers["Content-Language"] == "id"
    assert b'nature="error"' in answers[0].data
    with office.session() as session:
        kept = session.scalars(select(Refused)).one()
        assert (kept.code, kept.times) == ("409.1", 2)
        assert office.backends.seal.open(kept.body) == other


def test_a_hundred_threads_with_one_instance_make_one_submission(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    xml = instance()[1]
    statuses: list[int] = []

    def send() -> None:
        statuses.append(post(any_office.client, phone, xml).status_code)

    threads = [threading.Thread(target=send) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 100
    assert count(any_office, Submission) == count(any_office, SubmissionVersion) == 1


def test_photos_come_with_the_xml_or_later_in_any_order(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    xml = instance(body="<nama>Sari</nama><umur>40</umur><foto>a.jpg</foto><foto2>b é.jpg</foto2>")[1]
    first, second = encode(draw_house(1)), encode(draw_house(2))
    assert post(any_office.client, phone, xml, {"b é.jpg": second, "unknown.jpg": b"x"}).status_code == 201
    any_office.work()
    assert post(any_office.client, phone, xml, {"a.jpg": first}).status_code == 201
    with any_office.session() as session:
        assert session.scalars(select(Submission)).one().screened_at is None
        slots = {slot.name: slot.blob_id for slot in session.scalars(select(Attachment))}
        assert set(slots) == {"a.jpg", "b é.jpg"}
        assert None not in slots.values()
        keys = session.scalars(select(Blob.key).where(Blob.id.in_(slots.values()))).all()
        assert sorted(any_office.backends.storage.read(key) for key in keys) == sorted([first, second])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"form": "tidak_ada"}, 404),
        ({"version": "99"}, 404),
    ],
)
def test_unknown_form_or_version_is_404(office, phone, change, status):
    answer = post(office.client, phone, instance(**change)[1])
    assert answer.status_code == status
    assert answer.content_type == "text/xml; charset=utf-8"
    assert count(office, Submission) == 0


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<data id='uji' version='1'><nama>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><data id='uji' version='1'><nama>&a;</nama></data>",
        b"<data id='uji' version='1'><nama>x</nama></data>",
        b"<data version='1'><meta><instanceID>uuid:1</instanceID></meta></data>",
    ],
)
def test_what_can_never_be_right_is_400(office, phone, xml):
    answer = post(office.client, phone, xml)
    assert answer.status_code == 400
    assert b"OpenRosaResponse" in answer.data
    assert count(office, Submission) == 0


def test_not_multipart_is_400_as_xml(office, phone):
    answer = office.client.post(phone.url("submission"), data=b"hello", headers=HEADERS)
    assert answer.status_code == 400
    assert b"OpenRosaResponse" in answer.data


def test_without_the_version_header_400_comes_before_login(office):
    answer = office.client.post(
        "/v1/key/" + "x" * 64 + f"/projects/{office.project_id}/submission", data=b"x"
    )
    assert answer.status_code == 400


def test_a_closed_form_refuses_and_a_closing_one_takes(office, phone):
    for state, status in (("closing", 201), ("closed", 409)):
        with office.session() as session:
            office.form(session, "uji").state = state
        assert post(office.client, phone, instance()[1]).status_code == status


def test_too_many_files_are_413(office, phone):
    files = {f"{number}.jpg": b"x" for number in range(102)}
    assert post(office.client, phone, instance()[1], files).status_code == 413
    assert count(office, Submission) == 0


def test_an_edit_is_a_new_version_and_keeps_the_photo(office, phone):
    photo = encode(draw_house(3))
    iid, xml = instance(body="<nama>Sari</nama><umur>40</umur><foto>a.jpg</foto>")
    post(office.client, phone, xml, {"a.jpg": photo})
    _, edit = instance(
        body="<nama>Sari</nama><umur>41</umur><foto>a.jpg</foto>", meta=f"<deprecatedID>{iid}</deprecatedID>"
    )
    assert post(office.client, phone, edit).status_code == 201
    assert post(office.client, phone, edit).status_code == 201, "the retry of an edit"
    assert post(office.client, phone, xml).status_code == 409, "the old version is superseded"
    with office.session() as session:
        submission = session.scalars(select(Submission)).one()
        assert (submission.instance_id, submission.review_state) == (iid, "edited")
        slot = session.scalars(
            select(Attachment).where(Attachment.submission_version_id == submission.current_version_id)
        ).one()
        assert slot.blob_id is not None


def test_editing_something_unknown_is_404(office, phone):
    _, edit = instance(meta="<deprecatedID>uuid:none</deprecatedID>")
    assert post(office.client, phone, edit).status_code == 404


def test_a_rule_of_the_author_is_found_and_closed_by_an_edit(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    iid, xml = instance(body="<nama>Sari</nama><umur>140</umur>")
    post(any_office.client, phone, xml)
    any_office.work()
    with any_office.session() as session:
        found = session.scalars(select(Finding).where(Finding.code == "X01")).one()
        assert (found.outcome, found.severity, found.state) == ("fires", "high", "open")
        assert found.evidence["values"] == {"umur": 140}
    edit = instance(body="<nama>Sari</nama><umur>40</umur>", meta=f"<deprecatedID>{iid}</deprecatedID>")[1]
    post(any_office.client, phone, edit)
    any_office.work()
    with any_office.session() as session:
        assert session.scalars(select(Finding).where(Finding.code == "X01")).one().state == "closed"


def test_screening_again_changes_nothing(office, phone):
    post(office.client, phone, instance(body="<nama>Sari</nama><umur>140</umur>")[1])
    office.work()

    def rows() -> list:
        with office.session() as session:
            return [
                (f.id, f.code, f.state, f.evidence_hash, f.updated_at)
                for f in session.scalars(select(Finding))
            ]

    before = rows()
    with office.session() as session:
        session.scalars(select(Submission)).one().screened_at = None
    office.work()
    assert rows() == before
    assert before


def test_tokens(office, phone):
    bad = office.client.get(f"/v1/key/short/projects/{office.project_id}/formList", headers=HEADERS)
    unknown = office.client.get(f"/v1/key/{'x' * 64}/projects/{office.project_id}/formList", headers=HEADERS)
    nothing = office.client.get(f"/v1/projects/{office.project_id}/formList", headers=HEADERS)
    assert (bad.status_code, unknown.status_code, nothing.status_code) == (401, 403, 401)
    assert "WWW-Authenticate" in nothing.headers
    assert "WWW-Authenticate" not in bad.headers
    assert office.client.get(phone.url("formList"), headers=HEADERS).status_code == 200


def test_an_officer_of_another_campaign_may_not_send(office, phone):
    from server.services import projects

    with office.session() as session:
        other = projects.create_project(session, name="Lain").id
    answer = office.client.get(
        phone.url("formList").replace(f"projects/{office.project_id}", f"projects/{other}"), headers=HEADERS
    )
    assert b"<formID>" not in answer.data


def test_a_revoked_token_is_refused_at_the_next_request(any_office):
    from server.models.actor import Actor
    from server.services import accounts

    any_office.publish(FORM)
    phone = any_office.phone()
    xml = instance()[1]
    assert post(any_office.client, phone, xml).status_code == 201
    with any_office.session() as session:
        accounts.revoke_officer(session, session.get_one(Actor, phone.officer_id), actor_id=None)
    assert post(any_office.client, phone, xml).status_code == 403
    assert any_office.client.get(phone.url("formList"), headers=HEADERS).status_code == 403


def test_a_retry_with_the_same_photo_owes_no_new_screening(any_office):
    any_office.publish(FORM)
    phone = any_office.phone()
    xml = instance(body="<nama>Sari</nama><umur>40</umur><foto>a.jpg</foto>")[1]
    photo = encode(draw_house(5))
    assert post(any_office.client, phone, xml, {"a.jpg": photo}).status_code == 201
    any_office.work()
    assert post(any_office.client, phone, xml, {"a.jpg": photo}).status_code == 201
    with any_office.session() as session:
        assert session.scalars(select(Submission)).one().screened_at is not None


def test_a_campaign_that_is_not_there_is_404(office, phone):
    path = phone.url("submission").replace(f"projects/{office.project_id}", "projects/999")
    answer = office.client.post(
        path,
        data={"xml_submission_file": (io.BytesIO(instance()[1]), "a.xml", "text/xml")},
        content_type="multipart/form-data",
        headers=HEADERS,
    )
    assert answer.status_code == 404
    assert count(office, Refused) == 0


def test_xml_in_a_form_field_is_kept_as_it_is_or_refused(office, phone):
    def send(xml: bytes) -> int:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="xml_submission_file"\r\n\r\n'
            + xml
            + b"\r\n--x--\r\n"
        )
        url = phone.url("submission")
        kind = "multipart/form-data; boundary=x"
        return office.client.post(url, data=body, content_type=kind, headers=HEADERS).status_code

    good = instance(body="<nama>Säri</nama>")[1]
    assert send(good) == 201
    assert send(instance(body="<nama>NAMA</nama>")[1].replace(b"NAMA", b"S\xffri")) == 400
    with office.session() as session:
        assert [version.xml for version in session.scalars(select(SubmissionVersion))] == [good]
