"""Masks at every door: no page, phone list or table shows an identity number in clear, whoever asks."""

import pytest

from server.services import exports
from tests.office import HEADERS
from tests.safety.people import Ids, log_in, routes
from tests.stage import NIK

MASK = "359901******0001"


@pytest.mark.parametrize("name", ["Rina", "Dewi", "Tono", "Admin"])
def test_no_page_shows_a_number_before_it_is_unmasked(stage, ids: Ids, name):
    person, masked = log_in(stage, name), 0
    for rule, method in routes(stage.office.app, "console"):
        if method == "GET" and rule.endpoint not in ("console.static", "console.login"):
            answer = person.client.get(ids.address(rule), follow_redirects=True)
            assert NIK.encode() not in answer.data, rule
            masked += MASK.encode() in answer.data
    assert masked >= 1, "the mask is where the number would be"


def test_phones_get_no_number(stage):
    for path in ("formList", "forms/aset/manifest", "forms/aset.xml", "forms/aset/attachments/keluarga.csv"):
        answer = stage.office.client.get(stage.siti.url(path), headers=HEADERS)
        assert answer.status_code == 200, path
        assert NIK.encode() not in answer.data, path
        answer.close()


def test_no_table_that_leaves_the_office_has_a_number(stage):
    with stage.office.session() as session:
        for table in (exports.iter_findings_csv, exports.iter_visits_csv, exports.iter_households_csv):
            assert NIK not in "".join(table(session, 1, None)), table
