"""Refused submissions are kept for rescue, and a flood of them cannot fill the disk."""

import pytest
from sqlalchemy import func, select

from server.models.submission import Refused
from tests.faults.desk import Desk
from tests.faults.senders import Visit


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.services.refusals.MAX_OF_ACTOR", 10)
    monkeypatch.setattr("server.services.refusals.MAX_BYTES_OF_ACTOR", 5_000)
    monkeypatch.setattr("server.services.refusals.MAX_BODY_BYTES", 2_000)
    monkeypatch.setattr("server.services.refusals.MAX_BYTES", 6_000)


def refused(desk: Desk, number: int, *, phone: int = 0, size_bytes: int = 0) -> None:
    answer = desk.send(Visit(str(number), b"<broken %d %s" % (number, b"x" * size_bytes), {}, phone, False))
    assert answer.status == 400
    desk.visits.clear()


def kept(desk: Desk) -> list[tuple[int, int, int]]:
    """(times, bytes that are said, bytes that are there) of every refusal, oldest first."""
    with desk.target.office.session() as session:
        rows = session.execute(
            select(Refused.times, Refused.size_bytes, func.length(Refused.body)).order_by(
                Refused.last_at, Refused.id
            )
        )
        return [tuple(row) for row in rows]


def test_a_flood_of_refusals_stays_within_bounds(narrow: None, any_desk: Desk) -> None:
    refused(any_desk, 0, phone=1)
    for number in range(1, 60):
        refused(any_desk, number)
    rows = kept(any_desk)
    assert len(rows) == 11, "ten of the one who floods, and the other officer's own"
    assert all(said == there > 0 for _, said, there in rows)
    with any_desk.target.office.session() as session:
        bodies = [
            any_desk.target.office.backends.seal.open(body) for body in session.scalars(select(Refused.body))
        ]
    assert b"<broken 0 " in bodies
    assert b"<broken 59 " in bodies, "the newest stay"


def test_large_refusals_of_one_sender_push_out_his_own(narrow: None, desk: Desk) -> None:
    for number in range(10):
        refused(desk, number, size_bytes=1500)
    assert sum(there for _, _, there in kept(desk)) <= 5_000


def test_a_body_that_is_too_large_is_counted_and_not_kept(narrow: None, desk: Desk) -> None:
    for _ in range(2):
        refused(desk, 1, size_bytes=3_000)
    assert kept(desk) == [(2, 0, 0)]


def test_a_full_installation_keeps_no_more_bodies(narrow: None, desk: Desk) -> None:
    for number in range(3):
        refused(desk, number, phone=1, size_bytes=1400)
    for number in range(3, 8):
        refused(desk, number, size_bytes=1400)
    rows = kept(desk)
    assert sum(there for _, _, there in rows) <= 6_200
    assert len(rows) == 8
