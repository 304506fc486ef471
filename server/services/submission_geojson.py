"""Places of submissions as GeoJSON, streamed.

Belongs here: which submissions and fields. Does not: geometry (forms.geojson).
Source: the REST specification, "GeoJSON".
"""

from collections.abc import Generator, Iterator, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from forms import geojson
from forms.definition import FormDefinition
from forms.errors import FormsError
from forms.submission import SubmissionDocument
from server.backends import Backends
from server.db import session_scope
from server.models.submission import Submission, SubmissionVersion
from server.services import form_cache
from server.services.csv_rows import list_fields
from server.services.submission_shelf import Shelf

BATCH = 200
CHUNK_CHARS = 1 << 16


def iter_geojson(
    backends: Backends,
    shelf: Shelf,
    condition: ColumnElement[bool],
    *,
    paths: Sequence[str],
    limit: int | None = None,
    version_id: int | None = None,
) -> Generator[bytes, None, None]:
    """A feature collection, a feature a submission, in a transaction that lives as long as the answer.

    Args: paths of fields, () = the form's first place; limit: of features; version_id: that version instead of the current.
    """
    with session_scope(backends.sessions, read_only=True) as session:
        buffer, size = [], 0
        features = _features(session, backends, shelf, condition, paths, version_id)
        for piece in geojson.iter_collection(_first(features, limit)):
            buffer.append(piece)
            size += len(piece)
            if size > CHUNK_CHARS:
                yield "".join(buffer).encode()
                buffer, size = [], 0
        yield "".join(buffer).encode()


def asks_for_sensitive(session: Session, shelf: Shelf, paths: Sequence[str]) -> bool:
    """Whether one of these fields (none: the form's first place) is sensitive in any version of the form."""
    fields = list_fields(session, shelf, deleted_fields=True)
    first = next((item.path for item in fields if item.type in geojson.GEO_TYPES and not item.repeat), "")
    wanted = set(paths) or {first}
    return any(item.sensitive and item.path in wanted for item in fields)


def _first(features: Iterator[str], limit: int | None) -> Iterator[str]:
    for number, feature in enumerate(features):
        if limit is not None and number >= limit:
            return
        yield feature


def _features(
    session: Session,
    backends: Backends,
    shelf: Shelf,
    condition: ColumnElement[bool],
    paths: Sequence[str],
    version_id: int | None,
) -> Iterator[str]:
    form = shelf.form
    shown = form.draft_version_id if shelf.is_draft else form.current_version_id
    if not paths and shown is not None:
        default = geojson.default_field(form_cache.definition_of(session, shown))
        paths = [default.path] if default is not None else []
        properties = {"fieldpath": default.path} if default is not None else None
    else:
        properties = None
    if not paths:
        return
    which = SubmissionVersion.id == (Submission.current_version_id if version_id is None else version_id)
    query = (
        select(
            Submission.instance_id,
            SubmissionVersion.xml,
            SubmissionVersion.is_sealed,
            SubmissionVersion.form_version_id,
        )
        .join(SubmissionVersion, SubmissionVersion.submission_id == Submission.id)
        .where(condition, which)
        .order_by(Submission.created_at.desc(), Submission.id.desc())
    )
    for row in session.connection().execute(query, execution_options={"yield_per": BATCH}):
        definition = form_cache.definition_of(session, row.form_version_id)
        xml = backends.seal.open(row.xml) if row.is_sealed else row.xml
        geometry = _geometry(xml, definition, paths, reveals=shelf.reveals)
        if geometry is not None:
            yield geojson.render_feature(row.instance_id, geometry, properties)


def _geometry(xml: bytes, definition: FormDefinition, paths: Sequence[str], *, reveals: bool) -> str | None:
    """Of one submission; sensitive places only where they may be revealed."""
    try:
        document = SubmissionDocument(xml)
    except FormsError:
        return None
    seen = [path for path in paths if reveals or not _is_sensitive(definition, path)]
    found = [
        shape for path in seen if (shape := geojson.render_geometry(document, definition, path)) is not None
    ]
    if len(paths) > 1:
        return geojson.render_geometries(found) if found else None
    return found[0] if found else None


def _is_sensitive(definition: FormDefinition, path: str) -> bool:
    field = definition.by_path.get(path)
    return field is not None and field.sensitive
