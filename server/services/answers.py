"""Reading what a stored submission says: opened with the office key where it is sealed, typed by its form version."""

from sqlalchemy.orm import Session

from forms.submission import SubmissionDocument
from forms.values import Answers
from server.backends import Backends
from server.models.submission import SubmissionVersion
from server.services import form_cache


def read_xml(backends: Backends, version: SubmissionVersion) -> bytes:
    """The exact bytes that the phone sent."""
    return backends.seal.open(version.xml) if version.is_sealed else version.xml


def read_document(backends: Backends, version: SubmissionVersion) -> SubmissionDocument:
    """The submission's XML, parsed."""
    return SubmissionDocument(read_xml(backends, version))


def read_answers(session: Session, backends: Backends, version: SubmissionVersion) -> Answers:
    """The submission's typed answers, sensitive ones in clear: for checks, never for a page."""
    definition = form_cache.definition_of(session, version.form_version_id)
    return read_document(backends, version).answers(definition)
