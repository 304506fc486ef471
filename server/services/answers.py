"""Reading what a stored submission says: opened with the office key where it is sealed, typed by its form version."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import FormsError
from forms.submission import SubmissionDocument
from forms.values import Answers
from media.errors import SealError
from server.backends import Backends
from server.db import one_of
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


class Reader:
    """Submission versions of one batch of work, each opened and parsed once. Made for a batch and thrown away with it."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._documents: dict[int, SubmissionDocument | None] = {}
        self._answers: dict[int, Answers | None] = {}

    def fetch(self, session: Session, version_ids: Iterable[int]) -> None:
        """Opens and parses the versions that were not read yet, in one query."""
        missing = set(version_ids) - self._documents.keys()
        if missing:
            columns = select(SubmissionVersion.id, SubmissionVersion.xml, SubmissionVersion.is_sealed)
            for row in session.execute(columns.where(one_of(SubmissionVersion.id, missing))):
                self._documents[row.id] = self._parse(row.xml, sealed=row.is_sealed)

    def document(self, session: Session, version_id: int) -> SubmissionDocument | None:
        """The parsed XML; None when it cannot be opened or read, or the version is gone."""
        self.fetch(session, [version_id])
        return self._documents.get(version_id)

    def answers(self, session: Session, version_id: int, definition: FormDefinition) -> Answers | None:
        """The typed answers by the definition of its form version; None when it cannot be read or is encrypted."""
        if version_id not in self._answers:
            document = self.document(session, version_id)
            readable = document is not None and not document.envelope.encrypted
            self._answers[version_id] = document.answers(definition) if document and readable else None
        return self._answers[version_id]

    def _parse(self, xml: bytes, *, sealed: bool) -> SubmissionDocument | None:
        try:
            return SubmissionDocument(self._backends.seal.open(xml) if sealed else xml)
        except (FormsError, SealError):
            return None
