"""The removal guard: what must stand before anybody may propose that a family leaves the programme.

Belongs here: the guard's conditions, and what is missing. Does not: doing anything about it (reviewing.py).
Source: semantics, section 2, "Removal guard".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from server.errors import GuardError
from server.models.blob import Photo
from server.models.case import Case
from server.models.finding import Finding, FindingState
from server.models.submission import Attachment, Submission
from server.services.editing import makers_of

MIN_NOTE = 15
GRAVE = ("high", "medium")
DOUBTS = ("location", "identity", "quality")


@dataclass(frozen=True)
class Missing:
    """One condition that does not hold. code: 'evidence', 'doubt', 'note' or 'photo'; findings: codes that it is about."""

    code: str
    findings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In English, for API clients and the log."""
        return _TEXTS[self.code][0].format(codes=", ".join(self.findings))

    @property
    def text_id(self) -> str:
        """In Indonesian, for people."""
        return _TEXTS[self.code][1].format(codes=", ".join(self.findings))


_TEXTS = {
    "evidence": (
        "two open or confirmed ineligibility findings (high or medium) from different forms, visits or officers are "
        "needed, or one confirmed at a revisit by another officer",
        "Perlu dua temuan tidak layak (tinggi atau sedang) yang terbuka atau dikonfirmasi dari formulir, kunjungan "
        "atau petugas yang berbeda, atau satu yang dikonfirmasi pada kunjungan ulang oleh petugas lain.",
    ),
    "doubt": (
        "the visits that the evidence rests on have open high findings about place, identity or quality: {codes}",
        "Kunjungan yang menjadi dasar bukti masih punya temuan tinggi yang terbuka tentang lokasi, identitas atau "
        "mutu: {codes}. Putuskan dulu temuan itu.",
    ),
    "note": (f"a note of at least {MIN_NOTE} characters is needed", f"Catatan minimal {MIN_NOTE} huruf."),
    "photo": (
        "a photo or a letter of the household is needed",
        "Perlu foto rumah atau surat pernyataan yang sudah diterima server.",
    ),
}


@dataclass(frozen=True)
class _Visit:
    """officers: all who sent a version of it."""

    id: int
    officers: frozenset[int]
    order: int


def missing_for_removal(session: Session, case: Case, note: str) -> list[Missing]:
    """What still stands against a removal, in the order of the rule; empty when nothing does."""
    visits = _visits(session, case)
    findings = list(
        session.scalars(
            select(Finding).where(
                Finding.case_id == case.id,
                Finding.outcome == "fires",
                Finding.state.in_([FindingState.open, FindingState.confirmed]),
                Finding.closed_at.is_(None),
            )
        )
    )
    missing = _missing_evidence(findings, visits)
    if len(note.strip()) < MIN_NOTE:
        missing.append(Missing("note"))
    if not _has_picture(session, [visit.id for visit in visits]):
        missing.append(Missing("photo"))
    return missing


def require_removable(session: Session, case: Case, note: str) -> None:
    """Raises: GuardError that lists everything that is missing; details.missing has the codes."""
    missing = missing_for_removal(session, case, note)
    if missing:
        raise GuardError(
            "the removal guard: " + "; ".join(item.text for item in missing),
            message_id="Usul nonaktif belum bisa diajukan. " + " ".join(item.text_id for item in missing),
            details={"missing": [{"code": item.code, "findings": list(item.findings)} for item in missing]},
        )


def _missing_evidence(findings: Sequence[Finding], visits: Sequence[_Visit]) -> list[Missing]:
    """Evidence and doubt: enough that one way to prove it is free of doubt."""
    proofs = list(_proofs(findings, visits))
    if not proofs:
        return [Missing("evidence")]
    doubts = [_doubts(findings, proof) for proof in proofs]
    if all(doubts):
        return [Missing("doubt", min(doubts, key=len))]
    return []


def _proofs(findings: Sequence[Finding], visits: Sequence[_Visit]) -> Iterable[tuple[Finding, ...]]:
    """Every set of findings that would be enough."""
    against = [f for f in findings if f.kind == "ineligible" and f.severity in GRAVE]
    for finding in against:
        if finding.state == FindingState.confirmed and _is_revisit(finding, visits):
            yield (finding,)
    for pair in combinations(against, 2):
        if _come_from_different_sources(*pair):
            yield pair


def _come_from_different_sources(one: Finding, other: Finding) -> bool:
    """True when both rest on a visit, and form, visit or officer differ. A finding about the household as a whole repeats
    what its visits said already: it is no evidence of its own."""
    if one.submission_id is None or other.submission_id is None:
        return False
    sources = ((f.form_id, f.submission_id, f.officer_id) for f in (one, other))
    return next(sources) != next(sources)


def _is_revisit(finding: Finding, visits: Sequence[_Visit]) -> bool:
    """True when another officer had been at the household before the visit that the finding rests on."""
    of_finding = next((visit for visit in visits if visit.id == finding.submission_id), None)
    if of_finding is None:
        return False
    return any(
        visit.order < of_finding.order and visit.officers.isdisjoint(of_finding.officers) for visit in visits
    )


def _doubts(findings: Sequence[Finding], proof: Sequence[Finding]) -> tuple[str, ...]:
    rests_on = {finding.submission_id for finding in proof if finding.submission_id is not None}
    return tuple(
        sorted(
            {
                finding.code
                for finding in findings
                if finding.state == FindingState.open
                and finding.severity == "high"
                and finding.kind in DOUBTS
                and finding.submission_id in rests_on
            }
        )
    )


def _visits(session: Session, case: Case) -> list[_Visit]:
    ids = session.scalars(
        select(Submission.id)
        .where(of_case(case), Submission.deleted_at.is_(None), Submission.is_draft.is_(False))
        .order_by(Submission.created_at, Submission.id)
    ).all()
    makers = makers_of(session, ids)
    return [_Visit(number, frozenset(makers[number]), order) for order, number in enumerate(ids)]


def of_case(case: Case) -> ColumnElement[bool]:
    """The condition on Submission that picks the visits of a case: its household's in the campaign, or its own one."""
    if case.household_id is None:
        return Submission.id == case.submission_id
    return (Submission.project_id == case.project_id) & (Submission.household_id == case.household_id)


def has_picture(session: Session, case: Case) -> bool:
    """Whether a photo or letter of the case's household has arrived."""
    return _has_picture(session, [visit.id for visit in _visits(session, case)])


def _has_picture(session: Session, submission_ids: Sequence[int]) -> bool:
    """A photo or letter that arrived and that we could read, or were not yet able to look at."""
    query = (
        select(Attachment.id)
        .join(Submission, Submission.current_version_id == Attachment.submission_version_id)
        .outerjoin(Photo, Photo.blob_id == Attachment.blob_id)
        .where(
            Submission.id.in_(submission_ids),
            Attachment.blob_id.is_not(None),
            Attachment.content_type.like("image/%"),
            or_(Photo.blob_id.is_(None), Photo.kind.is_not(None)),
        )
        .limit(1)
    )
    return session.scalar(query) is not None
