from typing import Any

import pytest

from tests.workers.checks.answering import CLEAR, FIRES, NOT_APPLICABLE, ask, outcome, reason
from tests.workers.facts_factory import make_answers, make_facts, make_photo
from workers.facts import Facts, PhotoPeer


def with_photo(*peers: PhotoPeer, **changes: Any) -> Facts:
    return make_facts(photos=(make_photo(same=peers, **changes),))


def sticker(values: dict[str, Any], **changes: Any) -> Facts:
    return make_facts(form_id="stiker", answers=make_answers(values, asked=("foto_stiker",)), **changes)


EXACT = PhotoPeer(11, 2, exact=True, distance=0, label="H2")
NEAR = PhotoPeer(11, 2, exact=False, distance=6, label="H2")
STRANGER = PhotoPeer(11, None, exact=True, distance=0, label="uuid:11")


def test_qc05_fires_for_the_photo_of_another_house_and_names_it() -> None:
    found = ask("QC05", with_photo(EXACT))
    assert (found.outcome, found.peers, found.evidence["labels"]) == (FIRES, (11,), ["H2"])


def test_qc05_fires_for_any_photo_even_when_another_has_not_arrived() -> None:
    photos = (make_photo(name="kk.jpg", field="foto_kk", role=None, same=(EXACT,)), make_photo(present=False))
    assert ask("QC05", make_facts(photos=photos)).evidence["photo"] == "kk.jpg"


def test_qc05_clear_for_the_same_house() -> None:
    assert outcome("QC05", with_photo(PhotoPeer(11, 1, exact=True, distance=0, label="H1"))) is CLEAR


def test_qc05_unknown_while_a_photo_is_on_its_way_or_a_household_is_not_known() -> None:
    assert reason("QC05", with_photo(present=False)) == "photo_pending"
    assert reason("QC05", make_facts(photos=(make_photo(same=None),))) == "not_looked"
    assert reason("QC05", with_photo(STRANGER)) == "no_household"


@pytest.mark.parametrize("code", ["QC05", "QC06"])
def test_without_photos_nothing_applies(code: str) -> None:
    assert outcome(code, make_facts(photos=())) is NOT_APPLICABLE


@pytest.mark.parametrize("distance", [0, 1, 6])
def test_qc06_fires_for_another_file_within_six_bits(distance: int) -> None:
    found = ask("QC06", with_photo(PhotoPeer(11, 2, exact=False, distance=distance, label="H2")))
    assert (found.outcome, found.evidence["distance_bits"], found.peers) == (FIRES, distance, (11,))


@pytest.mark.parametrize("peer", [PhotoPeer(11, 2, exact=False, distance=7, label="H2"), EXACT])
def test_qc06_clear_beyond_six_bits_and_for_identical_files(peer: PhotoPeer) -> None:
    assert outcome("QC06", with_photo(peer)) is CLEAR


def test_qc06_looks_at_house_photos_only() -> None:
    assert outcome("QC06", with_photo(NEAR, role=None)) is NOT_APPLICABLE


def test_qc06_unknown_for_what_is_no_picture() -> None:
    assert reason("QC06", with_photo(is_picture=False, phash=None)) == "no_picture"
    assert reason("QC06", with_photo(is_picture=None, phash=None)) == "not_looked"


@pytest.mark.parametrize("result", ["terpasang", "diganti"])
def test_wf04_fires_when_the_photo_was_not_taken(result: str) -> None:
    assert ask("WF04", sticker({"hasil_stiker": result})).evidence["state"] == "not_taken"


def test_wf04_fires_when_the_file_has_not_arrived() -> None:
    values = {"hasil_stiker": "terpasang", "foto_stiker": "s.jpg"}
    facts = sticker(values, photos=(make_photo(name="s.jpg", present=False),))
    assert ask("WF04", facts).evidence["state"] == "not_arrived"


def test_wf04_clear_with_the_photo() -> None:
    values = {"hasil_stiker": "terpasang", "foto_stiker": "s.jpg"}
    assert outcome("WF04", sticker(values, photos=(make_photo(name="s.jpg"),))) is CLEAR


def test_wf04_unknown_without_result_or_answers() -> None:
    assert reason("WF04", sticker({})) == "no_answer"
    assert reason("WF04", make_facts(form_id="stiker", answers=None)) == "no_answers"


def test_wf04_does_not_apply_to_a_refused_sticker_or_another_form() -> None:
    assert outcome("WF04", sticker({"hasil_stiker": "ditolak"})) is NOT_APPLICABLE
    assert outcome("WF04", make_facts()) is NOT_APPLICABLE


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"width": 640, "height": 479}, "small"),
        ({"brightness": 29.9}, "dark"),
        ({"edges": 0.099}, "blurred"),
        ({"screen": 5.0}, "screen"),
    ],
)
def test_qc07_fires_for_a_bad_photo_and_says_what_is_wrong(changes: dict[str, float], problem: str) -> None:
    found = ask("QC07", make_facts(photos=(make_photo(**changes),)))
    assert (found.outcome, found.evidence["problem"], found.severity.value) == (FIRES, problem, "low")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"width": 640, "height": 480},
        {"brightness": 30.0},
        {"edges": 0.1},
        {"edges": None},
        {"screen": 4.9},
    ],
)
def test_qc07_clear_at_the_limits_and_where_there_is_no_edge_to_judge(
    changes: dict[str, float | None],
) -> None:
    assert outcome("QC07", make_facts(photos=(make_photo(**changes),))) is CLEAR


def test_qc07_unknown_when_a_photo_is_not_there_or_no_picture() -> None:
    assert reason("QC07", make_facts(photos=(make_photo(present=False),))) == "photo_pending"
    assert reason("QC07", make_facts(photos=(make_photo(is_picture=None),))) == "not_looked"
    assert reason("QC07", make_facts(photos=(make_photo(is_picture=False),))) == "no_picture"
    assert outcome("QC07", make_facts(photos=())) is NOT_APPLICABLE
