"""The worker: batches, faults that must not spread, several workers at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from media.errors import StorageUnavailableError
from server.db import now
from server.demo.drawing import draw_photo
from server.errors import UnavailableError
from server.models.blob import Photo
from server.models.entity import Entity, EntityVersion
from server.models.household import Household
from server.models.submission import Submission
from server.services import photo_looks, processing, screening, settling
from server.services.claims import claim_owed
from tests.server.services.test_screening import peers, stands, story
from tests.sweep import Sweep


def states(sweep: Sweep) -> dict[int, tuple[bool, str | None]]:
    """Submission -> (is it done, its error)."""
    with sweep.office.session() as session:
        rows = session.execute(select(Submission.id, Submission.screened_at, Submission.screening_error))
        return {row.id: (row.screened_at is not None, row.screening_error) for row in rows}


def damage(sweep: Sweep, house) -> None:
    """A NIK that the office's key does not open: checks of this family cannot be run."""
    with sweep.office.session() as session:
        session.execute(
            update(Household).where(Household.id == house.household_id).values(nik_sealed=b"rusak")
        )


def test_a_submission_that_cannot_be_screened_does_not_block_the_others(any_sweep):
    houses = any_sweep.add_houses(3)
    damage(any_sweep, houses[1])
    ids = any_sweep.send([form for house in houses for form in any_sweep.fill(house, "aset", cars=1)])
    assert any_sweep.office.work() == 3
    done = states(any_sweep)
    assert [done[number] for number in ids] == [(True, None), (True, "DamagedSealError"), (True, None)]
    assert [item.submission_id for item in any_sweep.findings("AS01")] == [ids[0], ids[2]]
    with any_sweep.office.session() as session:
        assert session.get_one(Submission, ids[1]).entity_state == "done", (
            "its entity was updated all the same"
        )


def test_it_is_screened_when_the_fault_is_mended(sweep):
    house = sweep.add_house()
    damage(sweep, house)
    (number,) = sweep.send(sweep.fill(house, "aset", cars=1))
    sweep.office.work()
    with sweep.office.session() as session:
        sealed = sweep.office.backends.seal.seal_text(house.nik)
        session.execute(update(Household).values(nik_sealed=sealed))
    sweep.owe_all()
    assert sweep.office.work() == 1
    assert states(sweep) == {number: (True, None)}


def test_a_photo_that_no_library_can_read_holds_up_nobody(any_sweep, monkeypatch):
    def fail(*_args: object, **_options: object) -> None:
        raise MemoryError("a picture that nobody foresaw")

    house = any_sweep.add_house()
    any_sweep.send(any_sweep.fill(house, "penyisiran", photo=draw_photo("a", "a")))
    monkeypatch.setattr(photo_looks, "look_at_photo", fail)
    assert any_sweep.office.work() == 1
    assert {found for found, _ in states(any_sweep).values()} == {True}
    with any_sweep.office.session() as session:
        assert session.scalars(select(Photo.kind)).all() == [None]


@pytest.mark.parametrize("data", [b"", b"bukan foto", b"\xff\xd8\xff", draw_photo("a", "a")[:900]])
def test_a_photo_that_is_none_is_looked_at_once(sweep, data):
    house = sweep.add_house()
    sweep.send(sweep.fill(house, "penyisiran", photo=data))
    assert sweep.office.work() == 1
    assert sweep.office.work() == 0


def test_storage_that_is_down_leaves_everything_owed(sweep, monkeypatch):
    def fail(*_args: object) -> None:
        raise StorageUnavailableError("down")

    house = sweep.add_house()
    (number,) = sweep.send(sweep.fill(house, "penyisiran", photo=draw_photo("a", "a")))
    with monkeypatch.context() as patch:
        patch.setattr(photo_looks, "open_blob", fail)
        with pytest.raises(StorageUnavailableError):
            sweep.office.work()
    assert states(sweep) == {number: (False, None)}
    assert sweep.office.work() == 1


def test_a_database_that_is_down_marks_nobody(sweep, monkeypatch):
    def fail(*_args: object) -> None:
        raise UnavailableError("deadlock")

    (number,) = sweep.send(sweep.fill(sweep.add_house(), "aset"))
    with monkeypatch.context() as patch:
        patch.setattr(screening, "screen_submissions", fail)
        with pytest.raises(UnavailableError):
            sweep.office.work()
    assert states(sweep) == {number: (False, None)}
    assert sweep.office.work() == 1


def test_a_photo_that_comes_while_the_batch_is_worked_on_is_not_lost(any_sweep, monkeypatch):
    house = any_sweep.add_house()
    (form,) = any_sweep.fill(house, "penyisiran", photo=draw_photo("a", "a"))
    any_sweep.send([type(form)(form.form_id, form.xml)])
    settle = settling.settle_submissions

    def settle_late(*args: object) -> None:
        settle(*args)
        late.append(1)

    late: list[int] = []
    monkeypatch.setattr(settling, "settle_submissions", settle_late)
    look = photo_looks.look_at_photos

    def look_then_receive(backends, ids) -> int:
        found = look(backends, ids)
        if not late:
            any_sweep.send([form])
        return found

    monkeypatch.setattr(photo_looks, "look_at_photos", look_then_receive)
    any_sweep.office.work()
    assert list(states(any_sweep).values()) == [(False, None)], "its arrival woke the worker once more"
    any_sweep.office.work()
    assert not [item for item in any_sweep.findings("QC05") if item.state == "open"]
    with any_sweep.office.session() as session:
        assert session.scalars(select(Photo.kind)).all() == ["jpeg"]


def test_an_edit_that_comes_between_settling_and_checks_is_done_next(any_sweep, monkeypatch):
    house = any_sweep.add_house()
    (old,), (new,) = any_sweep.fill(house, "aset"), any_sweep.fill(house, "aset", cars=1)
    any_sweep.send([old])
    settle = settling.settle_submissions
    edits = [any_sweep.edit(old, new)]

    def settle_then_edit(session, *args: object) -> None:
        settle(session, *args)
        session.commit()
        while edits:
            any_sweep.send([edits.pop()])

    monkeypatch.setattr(settling, "settle_submissions", settle_then_edit)
    any_sweep.office.work()
    assert any_sweep.findings("AS01") == []
    any_sweep.office.work()
    assert [item.outcome for item in any_sweep.findings("AS01")] == ["fires"]
    with any_sweep.office.session() as session:
        assert session.scalars(select(Submission.entity_state)).all() == ["done"]


def test_deleted_submissions_are_owed_nothing(sweep):
    (number,) = sweep.send(sweep.fill(sweep.add_house(), "aset"))
    with sweep.office.session() as session:
        session.get_one(Submission, number).deleted_at = now()
    assert sweep.office.work() == 0


def test_a_limit_ends_after_the_batch_that_reaches_it(sweep):
    houses = sweep.add_houses(3)
    sweep.send([form for house in houses for form in sweep.fill(house, "aset")])
    assert processing.process_owed(sweep.office.backends, limit=1) == 3
    assert processing.process_owed(sweep.office.backends, limit=0) == 0


def test_batches_are_divided_among_workers(postgres_sweep):
    houses = postgres_sweep.add_houses(4)
    ids = postgres_sweep.send([form for house in houses for form in postgres_sweep.fill(house, "aset")])
    backends = postgres_sweep.office.backends
    with claim_owed(backends, 2) as first:
        with claim_owed(backends, 3) as second:
            assert (first, second) == (ids[:2], ids[2:])
        with claim_owed(backends, 3, after=ids[2]) as third:
            assert third == ids[3:]
    with claim_owed(backends, 9) as freed:
        assert freed == ids


def test_three_workers_find_what_one_finds(postgres_sweep):
    """Look-alikes, one household's forms and one village's families are spread over workers that run at the same time."""
    sweep = postgres_sweep
    houses = sweep.add_houses(8)
    forms = story(sweep)
    for place, house in enumerate(houses):
        forms += sweep.fill(house, point=houses[place % 3].point, is_poor=True, withdraws=True, cars=1)
    forms.sort(key=lambda form: form.form_id, reverse=True)
    sweep.send(forms)
    errors = work_together(sweep, 3)
    assert errors == []
    together = stands(sweep)
    assert {found for found, _ in states(sweep).values()} == {True}
    assert {error for _, error in states(sweep).values()} == {None}
    sweep.owe_all()
    sweep.office.work()
    assert stands(sweep) == together
    named = peers(sweep, "SP06")
    assert all(one in named[other] for one, others in named.items() for other in others)


def work_together(sweep: Sweep, workers: int) -> list[Exception]:
    errors: list[Exception] = []

    def work() -> None:
        try:
            processing.process_owed(sweep.office.backends)
        except Exception as error:
            errors.append(error)

    original, processing.BATCH = processing.BATCH, 3
    try:
        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        processing.BATCH = original
    sweep.office.work()
    return errors


def test_versions_of_an_entity_are_numbered_without_gaps_by_several_workers(postgres_sweep):
    sweep = postgres_sweep
    house = sweep.add_house()
    sweep.send([form for _ in range(4) for form in sweep.fill(house)])
    assert work_together(sweep, 3) == []
    with sweep.office.session() as session:
        entity = session.scalars(select(Entity).where(Entity.uuid == house.uuid)).one()
        numbers = session.scalars(
            select(EntityVersion.version)
            .where(EntityVersion.entity_id == entity.id)
            .order_by(EntityVersion.version)
        ).all()
    assert numbers == list(range(1, 14))
    assert entity.version == 13


def test_what_is_owed_over_a_minute_is_found_again(sweep):
    (number,) = sweep.send(sweep.fill(sweep.add_house(), "aset"))
    with sweep.office.session() as session:
        session.get_one(Submission, number).created_at = now() - timedelta(days=3)
    assert sweep.office.work() == 1
