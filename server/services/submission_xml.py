"""The answers of a submission as API clients read them: its XML, and what changed from version to version.

Belongs here: exact bytes for those who may see sensitive answers, masked copies for others. Does not: tables (csv_*.py).
Source: the REST specification, "Submissions over REST"; the house's semantics, section 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from forms.definition import FormDefinition
from forms.differences import Difference, find_differences
from forms.errors import FormsError
from server.backends import Backends
from server.models.submission import Submission, SubmissionVersion
from server.services import audit, form_cache
from server.services.answers import read_document, read_xml
from server.services.submission_masks import masked_xml, shown_text


@dataclass(frozen=True)
class Step:
    """What one version changed: instanceID of the newer version, and its differences from the one before."""

    instance_id: str
    differences: tuple[Difference, ...]


def read_version_xml(
    session: Session, backends: Backends, version: SubmissionVersion, *, reveals: bool
) -> bytes:
    """The exact bytes, or a masked copy where the version has sensitive questions and they may not be revealed."""
    xml = read_xml(backends, version)
    if reveals or not version.is_sealed:
        return xml
    return masked_xml(xml, form_cache.definition_of(session, version.form_version_id))


def list_steps(session: Session, backends: Backends, submission: Submission, *, reveals: bool) -> list[Step]:
    """The differences between the versions of a submission, newest first."""
    versions = session.scalars(
        select(SubmissionVersion)
        .where(SubmissionVersion.submission_id == submission.id)
        .order_by(SubmissionVersion.id.desc())
        .options(undefer(SubmissionVersion.xml))
    ).all()
    definitions = form_cache.definitions_of(session, {version.form_version_id for version in versions})
    return [
        Step(newer.instance_id, _compare(backends, older, newer, definitions, reveals=reveals))
        for newer, older in pairwise(versions)
    ]


def _compare(
    backends: Backends,
    older: SubmissionVersion,
    newer: SubmissionVersion,
    definitions: dict[int, FormDefinition],
    *,
    reveals: bool,
) -> tuple[Difference, ...]:
    try:
        documents = [read_document(backends, version) for version in (older, newer)]
    except FormsError:
        return ()
    known = [definitions[version.form_version_id] for version in (older, newer)]
    found = find_differences(documents[0], known[0], documents[1], known[1])
    if reveals or not (older.is_sealed or newer.is_sealed):
        return found
    return tuple(_masked(item, known) for item in found)


def _masked(item: Difference, definitions: Sequence[FormDefinition]) -> Difference:
    old, new = (
        text if text is None else shown_text(text, item.field_path, definitions)
        for text in (item.old, item.new)
    )
    return Difference(item.path, item.field_path, old, new)


def has_sealed(session: Session, submission: Submission) -> bool:
    """Whether a version of a submission has sensitive questions."""
    query = select(SubmissionVersion.id).where(
        SubmissionVersion.submission_id == submission.id, SubmissionVersion.is_sealed
    )
    return session.scalar(query.limit(1)) is not None


def note_unmasking(
    session: Session, actor_id: int, project_actee_id: str, submission_id: int, what: str
) -> None:
    """Writes down that somebody read sensitive answers or a sensitive file in clear."""
    details = {"submissionId": submission_id, "what": what}
    audit.record(session, actor_id, "identity.unmask", project_actee_id, details)
