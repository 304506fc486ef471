"""S3 stops, is slow, answers 500, breaks off: 503 and nothing kept, or a photo looked at later."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import and_, func, select

from server.models.blob import Photo
from server.models.submission import Attachment
from server.services import processing
from tests.faults.conftest import OpenDesk
from tests.faults.desk import Desk
from tests.faults.proxies import Behaviour, behind_proxy
from tests.servers import S3Server, prepare_s3


@pytest.fixture
def proxied(s3_server: S3Server, open_desk: OpenDesk, tmp_path: Path) -> Iterator[tuple[Desk, Behaviour]]:
    with (
        behind_proxy(s3_server) as (server, behaviour),
        open_desk(SISIR_MEDIA=server.url(tmp_path.name)) as desk,
    ):
        yield desk, behaviour


def test_an_s3_that_stops_and_starts_loses_nothing(open_desk: OpenDesk) -> None:
    with prepare_s3() as (server, running), open_desk(SISIR_MEDIA=server.url("faults")) as desk:
        with running():
            assert desk.send().status == 201
        desk.refused()
        with pytest.raises(processing.PASSING):  # its photos cannot be looked at now
            desk.target.office.work()
        with running(), desk.working():
            desk.resend()
            desk.check()
        assert looked_at(desk) == 1


@pytest.mark.parametrize("status", [500, 503, 403])
def test_an_s3_that_answers_errors_loses_nothing(proxied: tuple[Desk, Behaviour], status: int) -> None:
    desk, behaviour = proxied
    assert desk.send().status == 201
    behaviour.status = status
    desk.refused(1)
    with pytest.raises(processing.PASSING):
        desk.target.office.work()
    behaviour.status = None
    with desk.working():
        desk.resend()
        desk.check()
    assert looked_at(desk) == 1


def test_a_slow_s3_is_waited_for_and_one_that_is_silent_is_not(
    proxied: tuple[Desk, Behaviour], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, behaviour = proxied
    behaviour.delay_s = 0.5
    assert desk.send().status == 201
    behaviour.delay_s = 4
    storage = desk.target.office.backends.storage
    monkeypatch.setattr(storage._client._endpoint.http_session, "_timeout", 0.5)  # type: ignore[attr-defined]
    storage._client._endpoint.http_session._manager.connection_pool_kw["timeout"] = 0.5  # type: ignore[attr-defined]
    storage._client._endpoint.http_session._manager.clear()  # type: ignore[attr-defined]
    desk.refused(1)
    behaviour.delay_s = 0
    with desk.working():
        desk.resend()
        desk.check()


def test_an_s3_that_breaks_off_in_the_middle_of_a_photo_is_asked_again(
    proxied: tuple[Desk, Behaviour],
) -> None:
    desk, behaviour = proxied
    assert desk.send().status == 201
    behaviour.cut_after_bytes = 700
    with pytest.raises(processing.PASSING):
        desk.target.office.work()
    assert looked_at(desk) == 0, "half a photo is no photo"
    behaviour.cut_after_bytes = None
    desk.target.office.work()
    desk.check()


def looked_at(desk: Desk) -> float:
    """Which share of the stored photos was looked at and found to be a picture."""
    with desk.target.office.session() as session:
        counts = select(func.count(), func.count(Photo.blob_id)).select_from(Attachment)
        stored, looked = session.execute(
            counts.outerjoin(Photo, and_(Photo.blob_id == Attachment.blob_id, Photo.kind == "jpeg"))
        ).one()
        return looked / stored
