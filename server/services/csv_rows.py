"""Submissions streamed as flat rows, newest first: for CSV, in bounded memory.

Belongs here: the query and what the server adds to a row. Does not: columns of the form (forms.flat_tables), files (csv_files.py).
Source: the REST specification, "CSV exports".
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from forms.definition import Field
from forms.flat_tables import ChoiceReader, FlatReader, Row, TableOptions, mark_sensitive, merge_fields
from forms.rules_evidence import mask
from server.backends import Backends
from server.models.actor import Actor
from server.models.form import FormVersion
from server.models.submission import Attachment, Submission, SubmissionVersion
from server.services import choices_seen, form_cache
from server.services.submission_shelf import Shelf

BATCH = 500
SYSTEM_COLUMNS = (
    "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState", "DeviceID",
    "Edits", "FormVersion",
)  # fmt: skip
NOT_DECRYPTED, NO_DATA = "not decrypted", "missing encrypted form data"


@dataclass(frozen=True)
class CsvOptions:
    """What a client asked for."""

    group_paths: bool = True
    deleted_fields: bool = False
    split_select_multiples: bool = False
    attachments: bool = True


@dataclass(frozen=True)
class FlatSubmission:
    """One submission as rows: cells of the root, without those that the server adds, and the rows of its repeats."""

    before: str
    """SubmissionDate."""
    cells: list[str]
    after: list[str]
    """SYSTEM_COLUMNS."""
    rows: list[Row]


def list_fields(session: Session, shelf: Shelf, *, deleted_fields: bool) -> list[Field]:
    """The columns' fields: of the current version (of the draft, for its data), with deleted_fields all ever published.

    A field that any version calls sensitive is.
    """
    form = shelf.form
    version_id = form.draft_version_id if shelf.is_draft else form.current_version_id
    published = session.scalars(
        select(FormVersion.id)
        .where(FormVersion.form_id == form.id, FormVersion.published_at.is_not(None))
        .order_by(FormVersion.published_at.desc(), FormVersion.id.desc())
    ).all()
    known = form_cache.definitions_of(session, {*published, *([version_id] if version_id else [])})
    sensitive = {item.path for definition in known.values() for item in definition.fields if item.sensitive}
    wanted = [version_id] if version_id else []
    wanted += [number for number in published if number != version_id] if deleted_fields else []
    return mark_sensitive(merge_fields([known[number] for number in wanted]), sensitive)


def make_reader(session: Session, backends: Backends, shelf: Shelf, options: CsvOptions) -> FlatReader:
    """The reader for an export.

    With split_select_multiples the columns are all values ever chosen, whatever the filter, so that they stay the same.
    """
    fields = list_fields(session, shelf, deleted_fields=options.deleted_fields)
    choices: Mapping[str, list[str]] | None = None
    multiples = [item for item in fields if item.select == "multiple"]
    if options.split_select_multiples and multiples:
        choices = _find_choices(session, backends, shelf, fields)
    hidden = None if shelf.reveals else mask
    return FlatReader(fields, TableOptions(options.group_paths, choices, hidden))


def iter_flat(
    session: Session, backends: Backends, reader: FlatReader, condition: ColumnElement[bool]
) -> Iterator[FlatSubmission]:
    """The submissions of a condition, newest first."""
    labels: dict[int, str] = {}
    read, open_sealed = reader.read, backends.seal.open
    for batch in _batches(session, _query(condition)):
        facts = _facts(session, batch)
        for row in batch:
            xml = open_sealed(row.xml) if row.is_sealed else row.xml
            cells, rows, is_encrypted = read(xml, row.instance_id)
            present, expected = facts.files.get(row.version_id, (0, 0))
            edits, form_version_id = facts.edits.get(row.id, (0, row.form_version_id))
            label = labels.get(form_version_id)
            if label is None:
                label = labels[form_version_id] = _label(session, form_version_id)
            yield FlatSubmission(
                render_moment(row.created_at),
                cells,
                [
                    row.instance_id,
                    "" if row.first_submitter_id is None else str(row.first_submitter_id),
                    row.display_name or "",
                    str(present),
                    str(expected),
                    _status(session, row.version_id) if is_encrypted else "",
                    row.review_state or "",
                    row.device_id or "",
                    str(edits),
                    label,
                ],
                rows,
            )


def render_moment(moment: Any) -> str:
    """'2026-10-12T01:15:02.331Z' of an aware UTC time."""
    text: str = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z"


def _query(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Submission.id,
            Submission.instance_id,
            Submission.created_at,
            Submission.first_submitter_id,
            Actor.display_name,
            Submission.review_state,
            Submission.device_id,
            SubmissionVersion.id.label("version_id"),
            SubmissionVersion.form_version_id,
            SubmissionVersion.xml,
            SubmissionVersion.is_sealed,
            SubmissionVersion.deprecated_id,
        )
        .join(SubmissionVersion, SubmissionVersion.id == Submission.current_version_id)
        .outerjoin(Actor, Actor.id == Submission.first_submitter_id)
        .where(condition)
        .order_by(Submission.created_at.desc(), Submission.id.desc())
    )


def _batches(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Collection[Any]]:
    """Rows off a cursor of the database, some hundreds at a time."""
    connection = session.connection()
    yield from connection.execute(query, execution_options={"yield_per": BATCH}).partitions(BATCH)


@dataclass(frozen=True)
class _Facts:
    files: Mapping[int, tuple[int, int]]
    """Version -> (files that are there, files named)."""
    edits: Mapping[int, tuple[int, int]]
    """Submission that was edited -> (how often, form version of its first version)."""


def _facts(session: Session, batch: Collection[Any]) -> _Facts:
    versions = [row.version_id for row in batch]
    files = session.execute(
        select(
            Attachment.submission_version_id,
            func.sum(case((Attachment.blob_id.is_(None), 0), else_=1)),
            func.count(),
        )
        .where(Attachment.submission_version_id.in_(versions))
        .group_by(Attachment.submission_version_id)
    )
    edited = [row.id for row in batch if row.deprecated_id is not None]
    return _Facts({row[0]: (int(row[1]), row[2]) for row in files}, _edits(session, edited))


def _edits(session: Session, submission_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    if not submission_ids:
        return {}
    rows = session.execute(
        select(SubmissionVersion.submission_id, SubmissionVersion.form_version_id)
        .where(SubmissionVersion.submission_id.in_(submission_ids))
        .order_by(SubmissionVersion.submission_id, SubmissionVersion.id)
    )
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        edits, first = found.get(row.submission_id, (-1, row.form_version_id))
        found[row.submission_id] = (edits + 1, first)
    return found


def _label(session: Session, form_version_id: int) -> str:
    return session.scalar(select(FormVersion.version).where(FormVersion.id == form_version_id)) or ""


def _status(session: Session, version_id: int) -> str:
    """Of an encrypted submission: its last file is the encrypted XML."""
    last = session.scalar(
        select(Attachment.blob_id)
        .where(Attachment.submission_version_id == version_id)
        .order_by(Attachment.position.desc())
        .limit(1)
    )
    return NOT_DECRYPTED if last is not None else NO_DATA


def _find_choices(
    session: Session, backends: Backends, shelf: Shelf, fields: list[Field]
) -> dict[str, list[str]]:
    """Path -> values: those noted of settled submissions, and those of the others, which are read for it.

    All are read where a question's choices are not noted: sensitive ones, for those who may see them, and data of drafts.
    """
    reader = ChoiceReader(fields)
    noted = {} if shelf.is_draft else choices_seen.list_choices(session, shelf.form.id)
    secret = any(item.sensitive and item.select == "multiple" for item in fields)
    all_noted = not shelf.is_draft and not (secret and shelf.reveals)
    query = (
        select(SubmissionVersion.xml, SubmissionVersion.is_sealed)
        .join(Submission, SubmissionVersion.submission_id == Submission.id)
        .where(shelf.condition, *((Submission.screened_at.is_(None),) if all_noted else ()))
    )
    for batch in _batches(session, query):
        for row in batch:
            reader.read(backends.seal.open(row.xml) if row.is_sealed else row.xml)
    return {path: sorted(values | noted.get(path, set())) for path, values in reader.found.items()}
