"""The register: importing households of a file, batch by batch, each row once however often it comes.

Belongs here: an import from its opening to its report, in the transactions of the caller. Does not: running it in many
transactions (register_import.py), reading files and rows (table_files.py, register_rows.py).

A row is known by its source id. Its keyed hash says whether anything changed since; an unchanged row costs one comparison.
Refused are rows that cannot be read, whose village is unknown, or whose id came before in the same file; everything else
is imported and what is odd about it becomes a finding. Source: the semantics of the house, sections 7 and 8.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from media.blobs import digest_file
from media.sealing import Seal
from server.backends import Backends
from server.db import among, now
from server.errors import ImportRefusedError
from server.models.area import Area, AreaLevel
from server.models.household import Household, Snapshot
from server.scope import AreaPaths, covers_any
from server.services import audit
from server.services.blobs import keep_blob
from server.services.register_mapping import BoundMapping
from server.services.register_rows import FORMAT, FoundRow, RefusedRowError, RowReader
from server.services.register_writer import HouseholdWriter
from server.services.table_files import TableRow
from workers.area_codes import normal_code

BATCH_ROWS = 5000
REGISTER = "register"


class Refusal(NamedTuple):
    """A row that was not imported. Never holds an identity number."""

    line: int
    reason: str
    source_id: str


@dataclass
class ImportReport:
    """What an import did so far. absent: families of earlier snapshots that this file does not have; nothing changed there."""

    snapshot_id: int
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    absent: int = 0
    other_columns: tuple[str, ...] = ()
    """Columns that nothing is known of: kept with the family, read by nothing."""

    def add(self, rows: int, refused: int, created: int, updated: int, unchanged: int) -> None:
        """Counts a batch."""
        self.rows += rows
        self.refused += refused
        self.created += created
        self.updated += updated
        self.unchanged += unchanged


class SeenIds:
    """The source ids of a file so far, with their lines. On disk when there are many: two million ids need no memory."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def add(self, lines: dict[str, int]) -> dict[str, int]:
        """Remembers ids with their lines. Returns: those that came before, with the line of then."""
        marks = ",".join("?" * len(lines))
        known = dict(self._database.execute(f"SELECT id, line FROM seen WHERE id IN ({marks})", list(lines)))  # noqa: S608
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", lines.items())
        return known

    def close(self) -> None:
        """Drops everything."""
        self._database.close()


@dataclass
class RegisterImport:
    """An import under way: what the batches share."""

    bound: BoundMapping
    reader: RowReader
    writer: HouseholdWriter
    signature: str
    report: ImportReport
    seen: SeenIds = field(default_factory=SeenIds)
    ends: dict[str, list[int]] = field(default_factory=dict)
    """How the identity numbers of the file end: RowReader.count_ends."""


def open_import(
    session: Session,
    backends: Backends,
    path: Path,
    *,
    bound: BoundMapping,
    name: str,
    areas: AreaPaths = None,
    actor_id: int | None = None,
) -> RegisterImport:
    """Starts an import: keeps the file whole and sealed, with its hash, as a snapshot.

    Args: name as the office calls the snapshot ('DTSEN-2026-T3'); areas of the person who imports: rows elsewhere are
    refused as unknown.
    Raises: ImportRefusedError when no village is known yet.
    Effects: blob and snapshot rows; a file that was imported before keeps its snapshot.
    """
    villages = _Villages(session, areas)
    if not villages.codes:
        raise ImportRefusedError(
            "no village is known yet; import the boundaries first: sisir area import FILE"
        )
    snapshot = _keep_snapshot(session, backends, path, name=name, actor_id=actor_id)
    signature = hashlib.sha256(f"{FORMAT} {bound.signature()}".encode()).hexdigest()[:16]
    return RegisterImport(
        bound=bound,
        reader=RowReader(bound, villages.find),
        writer=HouseholdWriter(session.get_bind().dialect, backends.seal, snapshot.id),
        signature=signature,
        report=ImportReport(snapshot.id, other_columns=tuple(bound.extra)),
    )


def import_batch(
    session: Session, seal: Seal, running: RegisterImport, rows: Sequence[TableRow]
) -> list[Refusal]:
    """Imports one batch of rows (about BATCH_ROWS). Returns: the refused ones, in order of lines.

    Effects: households by source id, their numbers sealed; running.report counts. Repeating a batch in a new import changes
    nothing; repeating it in the same one refuses every row as a duplicate.
    """
    refused: list[Refusal] = []
    accepted = _first_of_each(running, _identify(running, rows, seal, refused), refused)
    for row in accepted:
        running.reader.count_ends(row, running.ends)
    stored = _stored(session, [row.source_id for row in accepted])
    hashed = [(row, seal.keyed_hash(running.signature + row.text)) for row in accepted]
    new = [(row, row_hash) for row, row_hash in hashed if row.source_id not in stored]
    changed = [(row, row_hash) for row, row_hash in hashed if stored.get(row.source_id, row_hash) != row_hash]
    read = running.reader.read
    running.writer.write(
        session,
        new=((read(row), row_hash) for row, row_hash in new),
        changed=((read(row), row_hash) for row, row_hash in changed),
    )
    _keep_in_snapshot(session, list(stored), running.report.snapshot_id)
    running.report.add(
        len(rows), len(refused), len(new), len(changed), len(accepted) - len(new) - len(changed)
    )
    return sorted(refused)


def close_import(session: Session, running: RegisterImport, *, actor_id: int | None = None) -> ImportReport:
    """Ends an import: its figures go to the snapshot and the audit log. Returns: the report."""
    report = running.report
    snapshot = session.get_one(Snapshot, report.snapshot_id)
    snapshot.rows_read, snapshot.rows_refused = report.rows, report.refused
    snapshot.number_ends = running.ends
    session.flush()
    report.absent = (
        session.scalar(
            select(func.count()).where(Household.source_id.is_not(None), Household.snapshot_id != snapshot.id)
        )
        or 0
    )
    details = {"snapshotId": snapshot.id, "rows": report.rows, "created": report.created, "updated": report.updated,
               "unchanged": report.unchanged, "refused": report.refused}  # fmt: skip
    audit.record(session, actor_id, "register.import", None, details)
    running.seen.close()
    return report


class _Villages:
    """Village codes by every spelling that came along, so that each is looked at once."""

    def __init__(self, session: Session, areas: AreaPaths) -> None:
        rows = session.execute(select(Area.code, Area.bps_code).where(Area.level == AreaLevel.village)).all()
        self.codes = {code for code, _ in rows if covers_any(areas, code)}
        self.by_bps = {bps: code for code, bps in rows if bps and code in self.codes}
        self.known: dict[tuple[str, bool], str | None] = {}

    def find(self, text: str, is_bps: bool) -> str | None:
        """The code that a cell means, or None."""
        key = (text, is_bps)
        if key not in self.known:
            if len(self.known) > 200_000:
                self.known.clear()
            self.known[key] = self._look_up(text, is_bps)
        return self.known[key]

    def _look_up(self, text: str, is_bps: bool) -> str | None:
        if is_bps:
            return self.by_bps.get("".join(letter for letter in text if letter.isdecimal()))
        code = normal_code(text.lstrip("'’"))
        return code if code in self.codes else None


def _keep_snapshot(
    session: Session, backends: Backends, path: Path, *, name: str, actor_id: int | None
) -> Snapshot:
    with path.open("rb") as file:
        digests = digest_file(file)
        known = session.scalar(
            select(Snapshot)
            .where(Snapshot.sha256 == digests.sha256, Snapshot.kind == REGISTER)
            .order_by(Snapshot.id.desc())
        )
        if known is not None:
            return known
        blob = keep_blob(session, backends, file, sealed=True, digests=digests)
    snapshot = Snapshot(
        kind=REGISTER,
        name=name[:100],
        file_name=path.name[-255:],
        sha256=digests.sha256,
        blob_id=blob.id,
        imported_by_id=actor_id,
        imported_at=now(),
    )
    session.add(snapshot)
    session.flush()
    return snapshot


def _identify(
    running: RegisterImport, rows: Iterable[TableRow], seal: Seal, refused: list[Refusal]
) -> Iterator[FoundRow]:
    for row in rows:
        try:
            found = running.reader.identify(row)
        except RefusedRowError as error:
            refused.append(Refusal(row.line, str(error), running.reader.id_to_show(row)))
            continue
        if running.bound.seals_source_id:
            found = found._replace(source_id=seal.keyed_hash(found.source_id).hex()[:32])
        yield found


def _first_of_each(
    running: RegisterImport, rows: Iterable[FoundRow], refused: list[Refusal]
) -> list[FoundRow]:
    """The rows whose id did not come before, in this batch or an earlier one."""
    first: dict[str, FoundRow] = {}
    later: list[FoundRow] = []
    for row in rows:
        if first.setdefault(row.source_id, row) is not row:
            later.append(row)
    known = running.seen.add({key: row.line for key, row in first.items()})
    later += [first.pop(key) for key in known]
    for row in later:
        before = known.get(row.source_id) or first[row.source_id].line
        refused.append(
            Refusal(row.line, f"id sudah ada di baris {before} / same id as in line {before}", row.source_id)
        )
    return list(first.values())


def _stored(session: Session, source_ids: list[str]) -> dict[str, bytes | None]:
    """Source id -> hash of the row that the household was made of, for those that are there."""
    query = select(Household.source_id, Household.row_hash).where(
        among(session, Household.source_id, source_ids)
    )
    return {source_id: row_hash for source_id, row_hash in session.execute(query) if source_id is not None}


def _keep_in_snapshot(session: Session, source_ids: list[str], snapshot_id: int) -> None:
    """Families that the file has again stand in this snapshot, changed or not."""
    if source_ids:
        session.execute(
            update(Household)
            .where(among(session, Household.source_id, source_ids), Household.snapshot_id != snapshot_id)
            .values(snapshot_id=snapshot_id)
            .execution_options(synchronize_session=False)
        )
