"""Importing boundary files: villages with their boundaries, and the tree of areas above them.

Belongs here: storing what a file holds, and the report. Does not: reading and mending shapes (workers.boundary_files).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from media.blobs import digest_file
from server.db import insert_for, now
from server.errors import BadValueError, ImportRefusedError
from server.models.area import Area, AreaImport, AreaLevel
from server.scope import AreaPaths, covers_any
from server.services import audit
from workers.area_codes import dotted_code
from workers.boundary_files import (
    BoundaryRow,
    ColumnMapping,
    RefusedRow,
    describe_boundaries,
    read_boundaries,
)
from workers.errors import BoundaryFileError

BATCH_ROWS = 1000
MAX_UNCERTAINTY_M = 100_000
_PARENT_DIGITS = {AreaLevel.village: 6, AreaLevel.district: 4, AreaLevel.regency: 2}
_BOX = ("min_lon", "min_lat", "max_lon", "max_lat")


@dataclass
class AreaReport:
    """What an import of boundaries did. repaired: (row, dotted code, what was done); areas above villages are in `parents`."""

    file_name: str
    uncertainty_m: float
    import_id: int = 0
    rows: int = 0
    created: int = 0
    updated: int = 0
    parents: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    repaired: list[tuple[int, str, str]] = field(default_factory=list)


def import_boundaries(
    session: Session,
    path: Path,
    *,
    uncertainty_m: float,
    mapping: ColumnMapping | None = None,
    layer: str | None = None,
    legal_status: str | None = None,
    areas: AreaPaths = None,
    actor_id: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AreaReport:
    """Villages of a boundary file, and the province, regency and district rows above them.

    Args: uncertainty_m = how far the drawn line may be from the true one, stated by whoever knows the file; mapping None =
    columns by their known names; legal_status for files without such a column; areas of the person who imports: villages
    elsewhere are refused; progress(done, total).
    Raises: ImportRefusedError when the file cannot be read at all; BadValueError for an uncertainty that is none.
    Effects: a village that is there gets the new name and boundary; one that the file lacks stays as it is. A repeat changes
    nothing but the import's own row.
    """
    if not 0 <= uncertainty_m <= MAX_UNCERTAINTY_M:
        raise BadValueError("the uncertainty of the boundaries must be metres, 0 to 100000")
    report = AreaReport(path.name, uncertainty_m)
    try:
        total = describe_boundaries(path, layer=layer).rows
        made = _new_import(session, path, report, actor_id)
        names: dict[str, str] = {}
        for rows in _batches(read_boundaries(path, mapping=mapping, layer=layer)):
            _import_batch(session, report, rows, legal_status, areas, names)
            if progress is not None:
                progress(report.rows, total)
    except BoundaryFileError as error:
        raise ImportRefusedError(f"{path.name}: {error}") from error
    report.parents = _store_parents(session, report, names)
    _draw_parent_boxes(session, names)
    made.rows_read, made.rows_refused, made.rows_repaired = (
        report.rows,
        len(report.refused),
        len(report.repaired),
    )
    audit.record(session, actor_id, "area.import", None, {"importId": made.id, "rows": report.rows})
    session.flush()
    return report


def _new_import(session: Session, path: Path, report: AreaReport, actor_id: int | None) -> AreaImport:
    made = AreaImport(
        file_name=path.name[-255:],
        sha256=digest_file(path).sha256,
        uncertainty_m=report.uncertainty_m,
        rows_read=0,
        rows_refused=0,
        rows_repaired=0,
        imported_by_id=actor_id,
        imported_at=now(),
    )
    session.add(made)
    session.flush()
    report.import_id = made.id
    return made


def _import_batch(
    session: Session,
    report: AreaReport,
    rows: list[BoundaryRow | RefusedRow],
    legal_status: str | None,
    areas: AreaPaths,
    names: dict[str, str],
) -> None:
    villages: list[dict[str, Any]] = []
    for row in rows:
        report.rows += 1
        if isinstance(row, RefusedRow):
            report.refused.append(row)
        elif not covers_any(areas, row.code):
            report.refused.append(
                RefusedRow(row.row, row.code, "the village is outside the areas of the person who imports")
            )
        else:
            if row.note:
                report.repaired.append((row.row, dotted_code(row.code), row.note))
            _name_parents(row, names)
            villages.append(_village(row, report, legal_status))
    known = _known(session, [village["code"] for village in villages])
    report.created += len(villages) - len(known)
    report.updated += len(known)
    _upsert(session, villages)


def _village(row: BoundaryRow, report: AreaReport, legal_status: str | None) -> dict[str, Any]:
    return {
        "code": row.code,
        "level": int(AreaLevel.village),
        "name": (row.name or dotted_code(row.code))[:200],
        "parent_code": row.code[:6],
        "boundary": row.wkb,
        **dict(zip(_BOX, row.bbox, strict=True)),
        "uncertainty_m": report.uncertainty_m,
        "legal_status": (row.legal_status or legal_status or "")[:100] or None,
        "import_id": report.import_id,
    }


def _name_parents(row: BoundaryRow, names: dict[str, str]) -> None:
    """Remembers the names above a village; the first name that is not empty counts."""
    for digits, name in ((6, row.district), (4, row.regency), (2, row.province)):
        code = row.code[:digits]
        if not names.get(code):
            names[code] = name


def _store_parents(session: Session, report: AreaReport, names: dict[str, str]) -> int:
    """Districts, regencies and provinces. Returns: how many were new. A file without names never takes a name away."""
    known = _known(session, list(names))
    rows = [
        {
            "code": code,
            "level": len(code),
            "name": (name or dotted_code(code))[:200],
            "parent_code": code[: _PARENT_DIGITS[AreaLevel(len(code))]] if len(code) > 2 else None,
            "import_id": report.import_id,
        }
        for code, name in sorted(names.items())
        if name or code not in known
    ]
    _upsert(session, rows)
    return len(names) - len(known)


def _draw_parent_boxes(session: Session, names: dict[str, str]) -> None:
    """The box of each area above villages, around all villages that are stored there, whichever file they came with."""
    for digits in (6, 4, 2):
        codes = [code for code in names if len(code) == digits]
        prefix = func.substr(Area.code, 1, digits)
        rows = session.execute(
            select(
                prefix,
                func.min(Area.min_lon),
                func.min(Area.min_lat),
                func.max(Area.max_lon),
                func.max(Area.max_lat),
            )
            .where(Area.level == AreaLevel.village, prefix.in_(codes))
            .group_by(prefix)
        )
        for code, *box in rows.all():
            session.execute(update(Area).where(Area.code == code).values(dict(zip(_BOX, box, strict=True))))


def _known(session: Session, codes: list[str]) -> set[str]:
    return set(session.scalars(select(Area.code).where(Area.code.in_(codes))))


def _upsert(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = insert_for(session, Area.__table__)
    changed = {name: insert.excluded[name] for name in rows[0] if name not in ("code", "level")}
    session.execute(insert.on_conflict_do_update(index_elements=["code"], set_=changed), rows)


def _batches(rows: Iterable[BoundaryRow | RefusedRow]) -> Iterator[list[BoundaryRow | RefusedRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH_ROWS)):
        yield batch
