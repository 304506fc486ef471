"""Evidence under an open page: what changed is told, what several visits say stands there once."""

import re

import pytest
from sqlalchemy import select

from server.models.case import Case
from server.models.finding import Finding
from tests.stage import Stage

NOTE = "Dilihat langsung oleh petugas, bukti jelas."
FORM = re.compile(r'<form method="post".*?</form>', re.DOTALL)


def hidden(form: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value)
    return found


def change_evidence(stage: Stage, case_id: int, code: str) -> int:
    with stage.office.session() as session:
        finding = session.scalars(
            select(Finding).where(Finding.case_id == case_id, Finding.code == code)
        ).first()
        finding.evidence_hash = finding.evidence_hash[::-1]
        return finding.id


def test_every_form_that_decides_says_what_was_seen(visit, stage):
    for name in ("Rina", "Admin"):
        page = visit(name).get(f"cases/{stage.cases['Suparmi']}").text
        forms = [form for form in FORM.findall(page) if 'name="revision"' in form]
        assert len(forms) > 2
        assert all(len(hidden(form)["seen"]) == 1 for form in forms)


def test_decision_about_changed_evidence_is_not_taken(visit, stage):
    rina, case_id = visit("Rina"), stage.cases["Kasiyem"]
    page = rina.get(f"cases/{case_id}").text
    finding_id = change_evidence(stage, case_id, "AS01")
    form = next(form for form in FORM.findall(page) if f"findings/{finding_id}" in form)
    data = {**hidden(form), "decision": "confirmed", "note": NOTE}
    answer = rina.post(f"cases/{case_id}/findings/{finding_id}", data)
    assert answer.status_code == 409
    assert "Bukti berubah saat Anda membacanya" in answer.text
    assert NOTE in answer.text, "the text is kept"
    proposal = next(form for form in FORM.findall(page) if 'id="proposal"' in form)
    answer = rina.post(f"cases/{case_id}/proposal", {**hidden(proposal), "proposal": "keep", "note": NOTE})
    assert answer.status_code == 409
    assert "Bukti berubah saat Anda membacanya" in answer.text
    with stage.office.session() as session:
        case = session.get_one(Case, case_id)
        assert (case.state, case.revision) == ("open", 1)
        assert session.get_one(Finding, finding_id).state == "open"
    fresh = next(form for form in FORM.findall(answer.text) if f"findings/{finding_id}" in form)
    data = {**hidden(fresh), "decision": "confirmed", "note": NOTE}
    assert rina.post(f"cases/{case_id}/findings/{finding_id}", data).status_code == 303


def test_finding_of_two_forms_stands_there_once_with_both_visits(visit, stage):
    rina, case_id = visit("Rina"), stage.cases["Suparmi"]
    with stage.office.session() as session:
        ids = session.scalars(
            select(Finding.id).where(Finding.case_id == case_id, Finding.code == "AS01").order_by(Finding.id)
        ).all()
    assert len(ids) == 2
    page = rina.get(f"cases/{case_id}").text
    cards = re.split(r'(?=<li id="finding-\d+" class="finding )', page)
    mine = [card for card in cards if '<span class="chip">AS01</span>' in card]
    assert len(mine) == 1
    for text in ("Pemeriksaan aset", "Aset, kunjungan ulang", "Siti Aminah", "Budi Santoso"):
        assert text in mine[0]
    assert all(f'id="finding-{number}"' in page for number in ids), "links to either still lead there"
    form = next(form for form in FORM.findall(page) if f"findings/{ids[0]}" in form)
    data = {**hidden(form), "decision": "confirmed", "note": NOTE}
    assert rina.post(f"cases/{case_id}/findings/{ids[0]}", data).status_code == 303
    with stage.office.session() as session:
        found = session.scalars(select(Finding).where(Finding.id.in_(ids)))
        assert {finding.state for finding in found} == {"confirmed"}


@pytest.mark.parametrize("together", ["999999999", "x", "9" * 30])
def test_odd_companions_decide_nothing(visit, stage, together):
    rina, case_id = visit("Rina"), stage.cases["Ngatemin"]
    with stage.office.session() as session:
        number = session.scalar(select(Finding.id).where(Finding.case_id == case_id, Finding.code == "SP03"))
    data = {"decision": "confirmed", "note": NOTE, "revision": rina.revision(case_id), "together": together}
    status = rina.post(f"cases/{case_id}/findings/{number}", data).status_code
    assert status == (404 if together == "999999999" else 303)
    if status == 303:
        data |= {"decision": "open", "revision": rina.revision(case_id), "together": []}
        assert rina.post(f"cases/{case_id}/findings/{number}", data).status_code == 303
