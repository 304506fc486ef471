"""The page of what stands about officers: who sees it, what it says, what is done on it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from server.db import now
from server.models.audit import Audit
from server.models.finding import Finding, FindingState, SubjectKind
from server.services import case_screening
from server.services.finding_store import Draft, store_findings

NOTE = "Sudah didampingi dua hari, wajar."
EVIDENCE = {
    "found": 6,
    "visits": 8,
    "own_pct": 75.0,
    "peers_pct": 8.3,
    "threshold": 24.9,
    "unit": "%",
    "peer_officers": 3,
    "districts": ["359901"],
}


@pytest.fixture
def finding_id(stage):
    """A finding about Budi, whose areas lie in Rina's and not in Joko's."""
    officer = stage.budi.officer_id
    draft = Draft(
        (SubjectKind.officer, officer),
        "QC12",
        "quality",
        "medium",
        "fires",
        EVIDENCE,
        "check QC12 v1",
        officer_id=officer,
    )
    with stage.office.session() as session:
        store_findings(session, stage.office.project_id, [draft.subject], [draft])
        session.execute(
            update(Finding).where(Finding.code == "QC12").values(state=FindingState.open, decision_note=None)
        )
        return session.scalars(select(Finding.id).where(Finding.code == "QC12")).one()


def stamp(page: str, finding_id: int) -> str:
    found = re.search(rf'officer-findings/{finding_id}".*?name="stamp" value="([^"]+)"', page, re.DOTALL)
    assert found
    return found[1]


def test_the_page_says_why_in_both_languages(visit, finding_id):
    rina = visit("Rina")
    page = unescape(rina.get("officer-findings").text)
    assert "Tidak ditemukan terlalu banyak" in page
    assert "tidak menemukan 6 dari 8 keluarga (75 %)" in page
    assert "Mutu petugas" in page
    rina.client.set_cookie("language", "en")
    page = unescape(rina.get("officer-findings").text)
    assert (
        "did not find 6 of 8 families (75 %); other officers in the same sub-district 8.3 %, limit 24.9 %"
        in page
    )


def test_a_person_confirms_with_a_note_and_opens_again(visit, stage, finding_id):
    rina = visit("Rina")
    path = f"officer-findings/{finding_id}"
    first = stamp(rina.get("officer-findings").text, finding_id)
    assert rina.post(path, {"decision": "confirmed", "note": NOTE, "stamp": first}).status_code == 303
    page = rina.get("officer-findings").text
    assert NOTE in page and "Rina" in page
    again = {"decision": "open", "note": "", "stamp": stamp(page, finding_id)}
    assert rina.post(path, again).status_code == 303
    with stage.office.session() as session:
        assert session.get_one(Finding, finding_id).state == "open"
        acts = session.scalars(
            select(Audit.action).where(Audit.action.like("finding.%")).order_by(Audit.id.desc())
        )
        assert list(acts)[:2] == ["finding.open", "finding.confirmed"]


def test_what_was_typed_is_kept_when_it_is_refused(visit, finding_id):
    rina = visit("Rina")
    path = f"officer-findings/{finding_id}"
    short = {
        "decision": "dismissed",
        "note": "wajar",
        "stamp": stamp(rina.get("officer-findings").text, finding_id),
    }
    answer = rina.post(path, short)
    assert answer.status_code == 409
    assert 'value="wajar"' in answer.text
    assert "catatan minimal 15 huruf" in answer.text
    answer = rina.post(path, {"decision": "dismissed", "note": NOTE, "stamp": "open-old"})
    assert answer.status_code == 409
    assert f'value="{NOTE}"' in answer.text


def test_who_may_not(visit, finding_id):
    data = {"decision": "confirmed", "note": NOTE, "stamp": "open-x"}
    path = f"officer-findings/{finding_id}"
    joko, tono = visit("Joko"), visit("Tono")
    assert "QC12" not in joko.get("officer-findings").text
    assert joko.post(path, data).status_code == 404
    page = tono.get("officer-findings")
    assert page.status_code == 200 and "Putuskan" not in page.text
    assert tono.post(path, data).status_code == 403
    assert visit("Rina").client.post(f"/projects/1/{path}", data=data).status_code == 403


def test_what_is_late_stands_on_the_page_of_the_case(visit, stage):
    later = replace(stage.office.backends, clock=lambda: now() + timedelta(days=9))
    assert case_screening.judge_late_cases(later) > 0
    page = unescape(visit("Rina").get(f"cases/{stage.cases['Kasiyem']}").text)
    assert "Lewat batas tanggap" in page
    assert "Temuan tinggi belum diputuskan sejak" in page
    assert "batas 7 hari lewat pada" in page


def test_every_knob_of_the_new_checks_is_on_the_settings_page(visit):
    page = visit("Admin").get("settings").text
    knobs = (
        "QC03.from_hour",
        "QC07.blurred",
        "QC09.match_pct",
        "QC12.times",
        "QC16.deviations",
        "WF05.cut_off_day",
    )
    assert [name for name in knobs if name not in page] == []
