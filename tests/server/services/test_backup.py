"""Backup and restore over real databases and storages: what comes back is what was there."""

import gzip
import io
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from media.blobs import Storage
from media.sealing import Seal, new_key, read_key
from media.storage import open_storage
from server.app import create_app
from server.backends import open_backends
from server.bulk import open_snapshot
from server.config import load_config
from server.db import Base, now, open_database, session_scope
from server.errors import SetupError
from server.migrating import newest_revision, tables_at, upgrade_database
from server.models.audit import Audit
from server.models.blob import Blob, Photo
from server.models.submission import Submission
from server.services.backup import Backup, make_backup
from server.services.backup_files import (
    MANIFEST,
    BackupRefusedError,
    find_backup,
    hash_file,
    hash_lines,
    read_lines,
    read_manifest,
    read_media,
    write_manifest,
)
from server.services.backup_rows import iter_lines, kinds_of, read_tables
from server.services.blobs import iter_blob
from server.services.restore import Restored, restore_backup, try_backup
from tests.media.pictures import draw_house, encode
from tests.office import HEADERS, Office
from tests.servers import Database, S3Server, fresh_database
from tests.stage import Stage, open_stage, visit_xml


def ignore(_phase: str, _done: int, _total: int, _unit: str) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A campaign under way on SQLite and disk. Tests read it, and send to it."""
    stage = open_stage(tmp_path_factory.mktemp("embedded") / "var")
    yield stage
    stage.office.backends.engine.dispose()


@pytest.fixture(scope="module")
def grown_up(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same on PostgreSQL and S3."""
    s3: S3Server = request.getfixturevalue("s3_server")
    with fresh_database(request.getfixturevalue("postgres_server")) as database:
        variables = {
            "SISIR_DATABASE": database.plain_url,
            "SISIR_MEDIA": s3.url(f"grown-{uuid.uuid4().hex[:8]}"),
        }
        stage = open_stage(tmp_path_factory.mktemp("grown") / "var", **variables)
        yield stage
        stage.office.backends.engine.dispose()


@pytest.fixture(params=["embedded", "grown_up"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


@dataclass(frozen=True)
class Place:
    """An empty place to restore into."""

    database: str
    storage: Storage


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place(f"sqlite:///{tmp_path / 'new.db'}", open_storage(f"file:{tmp_path / 'new-media'}"))


@pytest.fixture
def postgres_place(postgres_database: Database, s3_server: S3Server) -> Place:
    return Place(postgres_database.url, open_storage(s3_server.url(f"new-{uuid.uuid4().hex[:8]}")))


def back_up(stage: Stage, target: Path) -> Backup:
    return make_backup(stage.office.backends, target, progress=ignore)


def bring_back(backup: Path, place: Place, seal: Seal, **options: bool) -> Restored:
    engine, _ = open_database(place.database)
    try:
        return restore_backup(
            backup, engine=engine, storage=place.storage, seal=seal, progress=ignore, **options
        )
    finally:
        engine.dispose()


def lines_of(database: str) -> dict[str, list[bytes]]:
    """Every row of every table as text that all databases share."""
    engine, _ = open_database(database)
    with open_snapshot(engine) as connection:
        tables = read_tables(connection, tables_at(newest_revision()))
        found = {table.name: list(iter_lines(connection, table, list(kinds_of(table)))) for table in tables}
    engine.dispose()
    return found


@pytest.mark.parametrize("to", ["sqlite_place", "postgres_place"])
def test_everything_comes_back_in_any_database(
    stage: Stage, to: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(to)
    made = back_up(stage, tmp_path / "backups")
    restored = bring_back(made.folder, place, stage.office.backends.seal)
    before = lines_of(stage.office.backends.config.database)
    assert lines_of(place.database) == before
    assert restored.rows == sum(map(len, before.values())) > 200
    assert restored.files == made.copied > 20
    for item in read_media(made.folder):
        assert place.storage.read(item.key) == stage.office.backends.storage.read(item.key)


def test_a_restored_office_works_on(stage: Stage, postgres_place: Place, tmp_path: Path) -> None:
    """Sequences follow the rows, sealed photos open, the next submission is taken and screened."""
    made = back_up(stage, tmp_path / "backups")
    seal = stage.office.backends.seal
    bring_back(made.folder, postgres_place, seal)
    environ = {
        "SISIR_VAR": str(tmp_path / "var"),
        "SISIR_DATABASE": postgres_place.database,
        "SISIR_KEY": stage.office.backends.config.key or "",
        "SISIR_QUEUE": "memory:",
        "SISIR_URL": "http://sisir.test",
    }
    backends = replace(open_backends(load_config(environ)), storage=postgres_place.storage)
    office = Office(backends, create_app(backends), stage.office.project_id)
    with session_scope(backends.sessions) as session:
        before = session.scalar(select(func.count(Submission.id))) or 0
        sealed = session.scalars(select(Blob).where(Blob.sealed).limit(1)).one()
        assert b"".join(iter_blob(backends, sealed))[:2] == b"\xff\xd8"
    Stage(office, stage.siti, stage.budi, {}, stage.entities).send(stage.siti, "Mulyono", seed=77)
    office.work()
    with session_scope(backends.sessions) as session:
        rows = session.scalars(select(Submission).order_by(Submission.id)).all()
        assert len(rows) == before + 1
        assert rows[-1].screened_at is not None
        assert rows[-1].screening_error is None
    backends.engine.dispose()


def test_intake_goes_on_during_the_backup(stage: Stage, sqlite_place: Place, tmp_path: Path) -> None:
    """Officers send with photos while rows and files are copied; the backup is one moment, and nothing in it is missing."""
    stop, sent, failed = threading.Event(), [], []

    def send(number: int) -> None:
        while not stop.is_set():
            instance = f"uuid:{uuid.uuid4()}"
            photo = encode(draw_house(1000 + len(sent) * 4 + number, (320, 240)))
            answer = stage.office.client.post(
                stage.siti.url("submission"),
                data={
                    "xml_submission_file": (
                        io.BytesIO(visit_xml("aset", instance, stage.entities["Paijan"], {})),
                        "a.xml",
                    ),
                    "depan.jpg": (io.BytesIO(photo), "depan.jpg", "image/jpeg"),
                },
                content_type="multipart/form-data",
                headers=HEADERS,
            )
            (sent if answer.status_code == 201 else failed).append(instance)

    def slow_enough(phase: str, done: int, total: int, _unit: str) -> None:
        """Holds the copying up until more came in, so that intake and backup surely overlap."""
        if phase == "tables" and done == total:
            at = len(sent)
            _wait_for(lambda: len(sent) > at + 2)

    threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        _wait_for(lambda: len(sent) > 2)
        made = make_backup(stage.office.backends, tmp_path / "backups", progress=slow_enough)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not failed
    assert made.missing == made.altered == ()
    bring_back(made.folder, sqlite_place, stage.office.backends.seal)
    engine, sessions = open_database(sqlite_place.database)
    with session_scope(sessions, read_only=True) as session:
        kept = set(session.scalars(select(Submission.instance_id))) & set(sent)
        named = [*session.scalars(select(Blob.key)), *session.scalars(select(Photo.thumbnail_key).where(Photo.thumbnail_key.is_not(None)))]  # fmt: skip
    engine.dispose()
    assert 2 < len(kept) < len(sent)
    assert all(sqlite_place.storage.exists(key) for key in named)


def _wait_for(condition: object) -> None:
    for _ in range(600):
        if condition():  # type: ignore[operator]
            return
        threading.Event().wait(0.05)
    raise AssertionError("nothing came in for 30 s")


def test_the_second_backup_copies_only_new_files(embedded: Stage, tmp_path: Path) -> None:
    first = back_up(embedded, tmp_path)
    assert back_up(embedded, tmp_path).copied == 0
    embedded.send(embedded.siti, "Warsini", seed=4321)
    third = back_up(embedded, tmp_path)
    assert third.copied == 4, "two photos and their thumbnails"
    assert third.manifest.media.files == first.manifest.media.files + 4
    assert find_backup(tmp_path) == third.folder
    assert (
        try_backup(third.folder, seal=embedded.office.backends.seal, progress=ignore).files
        == third.manifest.media.files
    )


def test_a_database_that_holds_anything_is_refused(
    embedded: Stage, sqlite_place: Place, tmp_path: Path
) -> None:
    made = back_up(embedded, tmp_path / "b")
    engine, sessions = open_database(sqlite_place.database)
    upgrade_database(engine)
    with session_scope(sessions) as session:
        session.execute(insert(Audit).values(action="x", details={}, logged_at=now()))
    engine.dispose()
    before = lines_of(sqlite_place.database)
    with pytest.raises(SetupError, match=r"not empty \(audit"):
        bring_back(made.folder, sqlite_place, embedded.office.backends.seal)
    assert lines_of(sqlite_place.database) == before
    assert list(sqlite_place.storage.iter_keys()) == []


def test_empty_tables_of_a_restore_that_was_cut_short_are_no_obstacle(
    embedded: Stage, sqlite_place: Place, tmp_path: Path
) -> None:
    made = back_up(embedded, tmp_path / "b")
    engine, _ = open_database(sqlite_place.database)
    upgrade_database(engine, made.manifest.revision)
    engine.dispose()
    first = next(item for item in read_media(made.folder) if item.sha256)
    sqlite_place.storage.put(io.BytesIO(embedded.office.backends.storage.read(first.key)), key=first.key)
    assert bring_back(made.folder, sqlite_place, embedded.office.backends.seal).rows > 200


def test_a_media_file_of_other_content_is_not_overwritten(
    embedded: Stage, sqlite_place: Place, tmp_path: Path
) -> None:
    made = back_up(embedded, tmp_path / "b")
    first = next(iter(read_media(made.folder)))
    sqlite_place.storage.put(io.BytesIO(b"of somebody else"), key=first.key)
    with pytest.raises(SetupError, match="other bytes"):
        bring_back(made.folder, sqlite_place, embedded.office.backends.seal)
    assert sqlite_place.storage.read(first.key) == b"of somebody else"


def cut_table(folder: Path) -> None:
    path = folder / "tables/finding.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])


def alter_table(folder: Path) -> None:
    path = folder / "tables/finding.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).replace(b'"high"', b'"info"', 1)
    path.write_bytes(gzip.compress(lines))


def lose_table(folder: Path) -> None:
    (folder / "tables/household.jsonl.gz").unlink()


def forge_manifest(folder: Path) -> None:
    """A table and its hashes changed together, as somebody would who wants it not to be noticed."""
    alter_table(folder)
    path = folder / "tables/finding.jsonl.gz"
    data = json.loads((folder / MANIFEST).read_text())
    for table in data["tables"]:
        if table["name"] == "finding":
            table["rows"], table["sha256"] = hash_lines(read_lines(path))
            table["file"] |= {"size_bytes": path.stat().st_size, "sha256": hash_file(path)}
    (folder / MANIFEST).write_text(json.dumps(data))


def garble_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def lose_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def cut_media_list(folder: Path) -> None:
    path = folder / "media.jsonl.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def alter_photo(folder: Path) -> None:
    photo = max(
        (path for path in (folder.parent / "media").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    data = bytearray(photo.read_bytes())
    data[len(data) // 2] ^= 1
    photo.write_bytes(data)


def lose_photo(folder: Path) -> None:
    next(path for path in (folder.parent / "media").rglob("*") if path.is_file()).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_table, r"finding\.jsonl\.gz was cut short"),
        (alter_table, r"finding\.jsonl\.gz was (altered|cut short)"),
        (lose_table, r"household\.jsonl\.gz is missing"),
        (forge_manifest, r"manifest\.json was altered"),
        (garble_manifest, r"manifest\.json is damaged"),
        (lose_manifest, "was cut short: it has no manifest"),
        (cut_media_list, r"media\.jsonl\.gz was cut short"),
        (alter_photo, "1 media files of the backup are missing or altered"),
        (lose_photo, "1 media files of the backup are missing or altered"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_written(
    embedded: Stage, sqlite_place: Place, tmp_path: Path, damage: object, message: str
) -> None:
    made = back_up(embedded, tmp_path / "b")
    damage(made.folder)  # type: ignore[operator]
    seal = embedded.office.backends.seal
    with pytest.raises(BackupRefusedError, match=message):
        bring_back(find_backup(tmp_path / "b"), sqlite_place, seal)
    with pytest.raises(BackupRefusedError, match=message):
        try_backup(find_backup(tmp_path / "b"), seal=seal, progress=ignore)
    assert list(sqlite_place.storage.iter_keys()) == []
    engine, _ = open_database(sqlite_place.database)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "household")
    engine.dispose()


def test_damaged_photos_can_be_left_out(embedded: Stage, sqlite_place: Place, tmp_path: Path) -> None:
    made = back_up(embedded, tmp_path / "b")
    alter_photo(made.folder)
    done = bring_back(made.folder, sqlite_place, embedded.office.backends.seal, skip_damaged=True)
    assert len(done.skipped) == 1
    assert done.files == made.manifest.media.files - 1
    assert not sqlite_place.storage.exists(done.skipped[0])


def test_the_key_of_another_office_is_refused(embedded: Stage, sqlite_place: Place, tmp_path: Path) -> None:
    made = back_up(embedded, tmp_path / "b")
    with pytest.raises(BackupRefusedError, match="needs another office key"):
        bring_back(made.folder, sqlite_place, Seal(read_key(new_key())))


def test_a_backup_of_a_newer_program_is_refused(embedded: Stage, sqlite_place: Place, tmp_path: Path) -> None:
    made = back_up(embedded, tmp_path / "b")
    seal = embedded.office.backends.seal
    write_manifest(made.folder, replace(made.manifest, revision="9999_of_tomorrow"), seal)
    with pytest.raises(BackupRefusedError, match=r"schema 9999_of_tomorrow\) is of a newer Sisir"):
        bring_back(made.folder, sqlite_place, seal)


def test_what_is_missing_in_the_storage_is_told_and_the_rest_backed_up(
    embedded: Stage, sqlite_place: Place, tmp_path: Path
) -> None:
    storage = open_storage(f"file:{tmp_path / 'worn'}")
    for info in embedded.office.backends.storage.iter_keys():
        storage.put(io.BytesIO(embedded.office.backends.storage.read(info.key)), key=info.key)
    with embedded.office.session() as session:
        lost = session.scalars(select(Blob.key).where(Blob.sealed)).first() or ""
        altered = session.scalars(select(Blob.key).where(~Blob.sealed)).first() or ""
    storage.delete(lost)
    storage.put(io.BytesIO(b"not what it was"), key=altered)
    made = make_backup(replace(embedded.office.backends, storage=storage), tmp_path / "b", progress=ignore)
    assert (made.missing, made.altered) == ((lost,), (altered,))
    assert bring_back(made.folder, sqlite_place, embedded.office.backends.seal).missing == (lost,)


def test_a_backup_is_readable_by_its_owner_only_and_without_key(embedded: Stage, tmp_path: Path) -> None:
    made = back_up(embedded, tmp_path / "b")
    assert made.folder.stat().st_mode & 0o077 == 0
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    key = (embedded.office.backends.config.key or "").encode()
    assert not any(key in path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file())
    assert read_manifest(made.folder, embedded.office.backends.seal) == made.manifest


def test_values_that_databases_write_differently_come_back_equal(
    embedded: Stage, postgres_place: Place, tmp_path: Path
) -> None:
    """JSON's null and the database's, numbers with exponents, negative zero, letters beyond ASCII, key order."""
    details = {
        "z": 1e20,
        "a": -0.0,
        "nested": [{"b": 1.5e-9, "a": None}],
        "é": "Desa Réjo \u2028",
        "big": 2**60,
    }
    with embedded.office.session() as session:
        session.execute(
            insert(Audit).values(action="odd", details=details, logged_at=now(), notes='"\\\n\t\x1f')
        )
    made = back_up(embedded, tmp_path / "b")
    bring_back(made.folder, postgres_place, embedded.office.backends.seal)
    before, after = lines_of(embedded.office.backends.config.database), lines_of(postgres_place.database)
    assert before == after
    assert set(before) == set(Base.metadata.tables)
