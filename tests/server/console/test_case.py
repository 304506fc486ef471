"""The page of a case: what it shows, in which order, what it hides, what people do on it."""

import json
import re

from sqlalchemy import select

from server.models.audit import Audit
from server.models.case import Case
from server.models.finding import Finding
from tests.stage import NIK

NOTE = "Dilihat langsung oleh petugas, bukti jelas."


def position(page: str, *parts: str) -> list[int]:
    places = [page.index(part) for part in parts]
    assert places == sorted(places), dict(zip(parts, places, strict=True))
    return places


def test_protection_stands_before_high_before_unknown_before_answers(visit, stage):
    page = visit("Rina").get(f"cases/{stage.cases['Suparmi']}").text
    position(
        page,
        "Yang melindungi keluarga ini",
        "Kriteria fakir miskin",
        "Lantai terluas: Tanah.",
        "Memiliki mobil sendiri",
        "Tidak dapat diperiksa",
        'id="visit-',
        "Letak rumah",
        "Aset keluarga",
        "Anggota keluarga 1",
    )


def test_finding_says_why_with_threshold_and_source(visit, stage):
    page = visit("Rina").get(f"cases/{stage.cases['Ngatemin']}").text
    assert re.search(r"Titik rumah 44\d(,\d)? m di luar batas Karangpilang", page)
    assert "Batas toleransi 100 m" in page
    assert "check SP03 v1" in page
    page = visit("Rina").get(f"cases/{stage.cases['Kasiyem']}").text
    assert "Keluarga punya 1 mobil, Milik sendiri." in page
    assert "S17, S22" in page
    assert "aset 1" in page


def test_unknown_finding_names_what_is_not_known(visit, stage):
    page = visit("Rina").get(f"cases/{stage.cases['Sri Wahyuni']}").text
    assert "Tidak dapat diperiksa: Daya listrik" in page


def test_answers_stand_under_their_labels_and_sensitive_ones_are_masked(visit, stage):
    page = visit("Rina").get(f"cases/{stage.cases['Paijan']}").text
    assert "<dt>Daya listrik</dt><dd>450 VA</dd>" in page
    assert "<dt>Catatan petugas</dt><dd>Rumah dikontrakkan</dd>" in page
    assert "359901******0001" in page
    assert NIK not in page
    assert "Foto peka, disamarkan" in page


def test_unmasking_needs_right_and_purpose_and_is_audited(visit, stage):
    case_id = stage.cases["Paijan"]
    assert visit("Rina").post(f"cases/{case_id}/unmask", {"purpose": NOTE}).status_code == 403
    dewi = visit("Dewi")
    assert dewi.post(f"cases/{case_id}/unmask", {"purpose": "ingin"}).status_code == 303
    page = dewi.post(f"cases/{case_id}/unmask", {"purpose": NOTE})
    assert NIK in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert NIK not in dewi.get(f"cases/{case_id}").text
    with stage.office.session() as session:
        lines = list(session.scalars(select(Audit).where(Audit.action == "identity.unmask")))
    assert [(line.notes, line.details) for line in lines] == [(NOTE, {"caseId": case_id})]


def test_sensitive_photo_opens_only_from_an_unmasked_page(visit, stage):
    case_id = stage.cases["Paijan"]
    dewi, rina = visit("Dewi"), visit("Rina")
    page = dewi.post(f"cases/{case_id}/unmask", {"purpose": NOTE}).text
    address = re.search(r'href="(/projects/1/photos/\d+\?pass=[^"]+)"', page)
    assert address
    shown = dewi.client.get(address[1])
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    assert dewi.client.get(address[1].split("?")[0]).status_code == 403
    assert dewi.client.get(address[1][:-1]).status_code == 403
    assert rina.client.get(address[1]).status_code == 403


def test_photo_comes_small_and_large_and_runs_nothing(visit, stage):
    rina = visit("Rina")
    page = rina.get(f"cases/{stage.cases['Kasiyem']}").text
    address = re.search(r'src="(/projects/1/photos/\d+\?size=thumb)"', page)
    assert address
    for path in (address[1], address[1].split("?")[0]):
        answer = rina.client.get(path)
        assert answer.mimetype == "image/jpeg"
        assert answer.data.startswith(b"\xff\xd8")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_look_alike_stands_beside_the_photo(visit, stage):
    page = visit("Rina").get(f"cases/{stage.cases['Slamet Riyadi']}").text
    assert "data-alike=" in page
    assert 'data-alike-caption="Tukinah' in page


def test_map_has_boundary_point_circle_register_and_neighbours(visit, stage):
    answer = visit("Rina").get(f"cases/{stage.cases['Ngatemin']}/map.json")
    data = json.loads(answer.data)
    assert data["village"]["name"] == "Karangpilang"
    assert data["village"]["geometry"]["type"] == "Polygon"
    assert {area["name"] for area in data["neighbours"]} == {"Sumberagung", "Mojoduwur"}
    assert data["visits"][0]["accuracy_m"] == 9
    assert data["visits"][0]["relation"] == "outside"
    assert data["register"]["source"] == "survei"
    assert 1800 < data["distance_m"] < 1900
    assert {house["name"] for house in data["houses"]} == {"Kasiyem", "Mulyono"}


def test_hostile_names_and_answers_stay_text(visit, stage):
    evil = '"><script>alert(1)</script>'
    with stage.office.session() as session:
        from tests import factories

        household = factories.make_household(session, 1, f"Jahat {evil}")
        uuid = session.query(factories.Entity.uuid).filter_by(household_id=household.id).scalar()
        stage.entities["Jahat"] = uuid
    stage.send(
        stage.siti,
        "Jahat",
        seed=77,
        lat="-7.5391",
        catatan="&lt;script&gt;alert(2)&lt;/script&gt;",
        mobil="1",
        milik="sendiri",
    )
    stage.refresh()
    case_id = stage.cases[f"Jahat {evil}"]
    rina = visit("Rina")
    for path in ("queue?state=all", f"cases/{case_id}", "submissions", f"cases/{case_id}/next"):
        page = rina.get(path).text
        assert "<script>alert" not in page, path
    assert "&lt;script&gt;alert(2)" in rina.get(f"cases/{case_id}").text


def test_finding_is_decided_and_the_page_says_by_whom(visit, stage):
    rina, case_id = visit("Rina"), stage.cases["Kasiyem"]
    with stage.office.session() as session:
        finding_id = session.scalar(
            select(Finding.id).where(Finding.case_id == case_id, Finding.code == "AS01")
        )
    data = {"decision": "confirmed", "note": NOTE, "revision": rina.revision(case_id)}
    answer = rina.post(f"cases/{case_id}/findings/{finding_id}", data)
    assert answer.headers["Location"].endswith(f"/cases/{case_id}#finding-{finding_id}")
    page = rina.get(f"cases/{case_id}").text
    assert "Dikonfirmasi · Rina" in page
    assert NOTE in page


def test_decision_through_htmx_gives_the_page_anew(visit, stage):
    rina, case_id = visit("Rina"), stage.cases["Tukinah"]
    with stage.office.session() as session:
        finding_id = session.scalar(
            select(Finding.id).where(Finding.case_id == case_id, Finding.code == "QC06")
        )
    data = {"decision": "dismissed", "note": "", "revision": rina.revision(case_id)}
    headers = {"HX-Request": "true"}
    answer = rina.post(f"cases/{case_id}/findings/{finding_id}", data, headers=headers)
    assert answer.status_code == 200
    assert 'name="revision" value="2"' in answer.text
    assert "Diabaikan · Rina" in answer.text


def test_refused_removal_lists_what_is_missing_and_keeps_the_text(visit, stage):
    rina, case_id = visit("Rina"), stage.cases["Slamet Riyadi"]
    text = "Keluarga ini sudah mampu menurut RT."
    data = {"proposal": "removal", "note": text, "revision": rina.revision(case_id)}
    answer = rina.post(f"cases/{case_id}/proposal", data)
    assert answer.status_code == 409
    assert "Belum bisa diajukan" in answer.text
    assert "Dua temuan kelayakan" in answer.text
    assert text in answer.text
    assert 'value="removal" required checked' in answer.text


def test_second_person_sees_what_changed_and_keeps_the_text(visit, stage):
    rina, bagus, case_id = visit("Rina"), visit("Bagus"), stage.cases["Sri Wahyuni"]
    revision = bagus.revision(case_id)
    done = rina.post(f"cases/{case_id}/proposal", {"proposal": "keep", "note": NOTE, "revision": revision})
    assert done.status_code == 303
    text = "Menurut saya perlu kunjungan ulang segera."
    answer = bagus.post(
        f"cases/{case_id}/proposal", {"proposal": "revisit", "note": text, "revision": revision}
    )
    assert answer.status_code == 409
    assert "Orang lain mengubah kasus ini" in answer.text
    assert "Rina mengusulkan: Tetap layak menerima" in answer.text
    assert text in answer.text
    with stage.office.session() as session:
        case = session.get_one(Case, case_id)
        assert (case.proposal, case.proposal_note) == ("keep", NOTE)


def test_proposal_goes_on_to_the_next_case_of_the_filter(visit, stage):
    rina = visit("Rina")
    case_id, following = stage.cases["Ngatemin"], stage.cases["Paijan"]
    data = {
        "proposal": "keep",
        "note": NOTE,
        "revision": rina.revision(case_id),
        "officer": str(stage.budi.officer_id),
    }
    answer = rina.post(f"cases/{case_id}/proposal", data)
    step = rina.client.get(answer.headers["Location"])
    assert step.headers["Location"] == f"/projects/1/cases/{following}?officer={stage.budi.officer_id}"
    assert "Diusulkan: Ngatemin." in rina.client.get(step.headers["Location"]).text


def test_dinsos_confirms_what_another_proposed(visit, stage):
    rina, dewi, case_id = visit("Rina"), visit("Dewi"), stage.cases["Suparmi"]
    data = {"proposal": "removal", "note": NOTE, "revision": rina.revision(case_id)}
    done = rina.post(f"cases/{case_id}/proposal", data)
    assert done.status_code == 303, done.text
    assert 'id="proposal"' not in rina.get(f"cases/{case_id}").text
    page = dewi.get("queue")
    assert "Suparmi" in page.text
    refused = dewi.post(f"cases/{case_id}/return", {"note": "kurang", "revision": dewi.revision(case_id)})
    assert refused.status_code == 409
    assert dewi.post(f"cases/{case_id}/confirm", {"revision": dewi.revision(case_id)}).status_code == 303
    page = dewi.get(f"cases/{case_id}").text
    assert "Disetujui Dinsos" in page
    with stage.office.session() as session:
        actions = list(session.scalars(select(Audit.action).where(Audit.action.like("case.%"))))
    assert "case.confirm" in actions
