"""What a newcomer does: a campaign, forms, officers with codes, settings."""

import io
import re

import openpyxl
import pytest

from forms.settings_catalog import SETTINGS
from tests import factories
from tests.stage import visit_xml
from workers.findings import CATALOG


def workbook(rows: list[list[str]], version: str = "2") -> bytes:
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    for row in [["type", "name", "label", "relevant"], *rows]:
        survey.append(row)
    settings = book.create_sheet("settings")
    settings.append(["form_id", "form_title", "version"])
    settings.append(["baru", "Formulir <b>baru</b>", version])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(person, data: bytes, name: str = "baru.xlsx"):
    return person.post("forms", {"workbook": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_form_is_uploaded_and_published(visit):
    admin = visit("Admin")
    done = upload(admin, workbook([["text", "nama", "Nama", ""]]))
    assert done.status_code == 303, done.text
    page = admin.client.get(done.headers["Location"]).text
    assert "Rancangan 2" in page
    assert "Formulir &lt;b&gt;baru" in page
    form = done.headers["Location"].removeprefix("/projects/1/")
    published = admin.post(f"{form}/publish", {"notes": "pertama"})
    page = admin.client.get(published.headers["Location"]).text
    assert "Versi 2 diterbitkan." in page
    assert "pertama" in page
    again = upload(admin, workbook([["text", "nama", "Nama lain", ""]]))
    refused = admin.post(f"{again.headers['Location'].removeprefix('/projects/1/')}/publish")
    assert refused.status_code == 409
    assert "Versi ini sudah pernah diterbitkan" in refused.text


def test_mistakes_are_shown_with_sheet_row_and_column(visit):
    answer = upload(
        visit("Admin"), workbook([["text", "nama", "Nama", ""], ["text", "kota", "Kota", "${nma} = 'a'"]])
    )
    assert answer.status_code == 400
    assert re.search(r"<td>survey</td><td class=\"num\">3</td>", answer.text), answer.text
    assert "nma" in answer.text


@pytest.mark.parametrize("data", [b"", b"bukan formulir"])
def test_file_that_is_no_form_is_refused_with_a_reason(visit, data):
    answer = upload(visit("Admin"), data)
    assert answer.status_code == 400
    assert "Formulir tidak dapat dipakai" in answer.text


def test_nothing_chosen_is_said(visit):
    answer = visit("Admin").post("forms", {})
    assert answer.status_code == 400
    assert "Pilih berkas" in answer.text


def test_form_is_closed_and_opened(visit):
    admin = visit("Admin")
    admin.post("forms/1/state", {"state": "closing"})
    assert "Akan ditutup" in admin.get("forms").text
    admin.post("forms/1/state", {"state": "open"})
    assert admin.post("forms/1/state", {"state": "hilang"}).status_code == 400


def test_officer_is_made_with_areas_and_gets_a_code(visit):
    admin = visit("Admin")
    data = {"name": "Wahyu <i>", "area": ["35.99.01.2001 Sumberagung, Diwarna", "3599012002/001"]}
    done = admin.post("officers", data)
    assert done.status_code == 303, done.text
    page = admin.client.get(done.headers["Location"]).text
    assert "Wahyu &lt;i&gt;" in page
    assert "Sumberagung" in page
    officer = done.headers["Location"].removeprefix("/projects/1/")
    code = admin.get(f"{officer}/qr.svg")
    assert code.mimetype == "image/svg+xml"
    assert code.headers["Cache-Control"] == "no-store"
    assert b"<svg" in code.data
    assert "Wahyu" in admin.get(f"officers/cards?officer={officer.split('/')[1]}").text
    admin.post(f"{officer}/revoke")
    assert admin.get(f"{officer}/qr.svg").status_code == 404
    assert "dicabut" in admin.get(officer).text


def test_officer_with_unknown_area_is_refused_and_the_name_kept(visit):
    answer = visit("Admin").post("officers", {"name": "Wahyu", "area": ["9999012001"]})
    assert answer.status_code == 400
    assert "Wilayah tidak dikenal: 9999012001" in answer.text
    assert 'value="Wahyu"' in answer.text


def test_officer_without_area_is_refused(visit):
    assert visit("Admin").post("officers", {"name": "Wahyu", "area": [""]}).status_code == 400


def test_areas_of_an_officer_are_replaced(visit, stage):
    admin = visit("Admin")
    admin.post(f"officers/{stage.budi.officer_id}/areas", {"area": ["3599012003 Mojoduwur", ""]})
    page = admin.get(f"officers/{stage.budi.officer_id}").text
    assert "3599012003 Mojoduwur" in page
    admin.post(f"officers/{stage.budi.officer_id}/areas", {"area": ["3599"]})


def test_areas_are_found_by_name_and_code(visit):
    admin = visit("Admin")
    assert "35.99.01.2002 Karangpilang, Kecamatan Diwarna" in admin.get("areas?area=karang").text
    assert "Mojoduwur" in admin.get("areas?area=35.99.01.2003").text
    assert admin.get("areas?area=k").text.strip() == ""


def test_setting_is_set_and_shown(visit):
    admin = visit("Admin")
    data = {"name": "umk", "value": "3320770", "from_on": "2026-01-01", "area": "35.99 Kabupaten Contoh"}
    assert admin.post("settings", data).status_code == 303
    page = admin.get("settings").text
    assert "3320770" in page
    assert "35.99" in page


@pytest.mark.parametrize(
    "change", [{"value": "banyak"}, {"from_on": "kapan"}, {"name": "tidak_ada"}], ids=["value", "day", "name"]
)
def test_bad_setting_is_refused(visit, change):
    data = {"name": "umk", "value": "1", "from_on": "2026-01-01", **change}
    answer = visit("Admin").post("settings", data)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("KP12.within_m", "31", "paling besar 30"),
        ("SP07.houses", "1", "paling kecil 2"),
        ("SP07.houses", "5,5", "bilangan bulat"),
        ("SP07.tolerance_m", "5", "Tidak ada pengaturan"),
        ("XX99.limit_m", "5", "Tidak ada pengaturan"),
        ("KP13.years_maximum", "5", "Tidak ada pengaturan"),
    ],
)
def test_a_check_cannot_be_given_what_it_cannot_use(visit, name, value, says):
    answer = visit("Admin").post("settings", {"name": name, "value": value, "from_on": "2026-01-01"})
    assert answer.status_code == 400
    assert says in answer.text


def test_settings_of_checks_say_what_they_are_in_words(visit):
    admin = visit("Admin")
    data = {"name": "SP07.within_m", "value": "25", "from_on": "2026-01-01", "area": "3599012001"}
    assert admin.post("settings", data).status_code == 303
    page = admin.get("settings").text
    assert "SP07 Banyak titik berkumpul: jarak satu titik" in page
    assert "<strong>25</strong> m" in page
    assert "15 m" in page


def test_no_threshold_has_two_places():
    """What a check shares with rules of forms is listed as the rules' setting."""
    shared = [knob for check in CATALOG.values() for knob in check.settings.values() if knob.shared]
    assert {knob.shared for knob in shared} == {"early_child_age_maximum", "pkh_years_maximum"}
    for knob in shared:
        assert SETTINGS[knob.shared].default == knob.default


def test_catalogue_lists_checks_and_rules(visit):
    page = visit("Rina").get("rules").text
    assert "SP03" in page
    assert "Memiliki mobil sendiri" in page
    assert "Kepmensos 262/HUK/2022" in page


def test_new_campaign_is_made_by_admins_only(visit):
    admin, rina = visit("Admin"), visit("Rina")
    done = admin.client.post("/projects", data={"csrf": admin.csrf, "name": "Penyisiran 2027"})
    assert done.status_code == 303
    refused = rina.client.post("/projects", data={"csrf": rina.csrf, "name": "Penyisiran 2028"})
    assert refused.status_code == 403
    assert "Penyisiran 2027" not in rina.client.get("/").text


def test_submission_that_is_still_checked_has_a_page_of_its_own(visit, stage):
    xml = visit_xml("aset", "uuid:wait", stage.entities["Warsini"], {})
    with stage.office.session() as session:
        form = factories.get_form(session, 1, "aset")
        waiting = factories.make_submission(session, form, None, xml=xml, screened_at=None).id
    admin = visit("Admin")
    assert f"submissions/{waiting}" in admin.get("submissions").text
    shown = admin.get(f"submissions/{waiting}")
    assert shown.status_code == 200
    assert "masih diperiksa" in shown.text
    assert "359901******0001" in shown.text
    assert "<dd>Warsini</dd>" in shown.text
