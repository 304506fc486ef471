"""What a person saw when they decided: the findings of a case and a digest of their evidence.

Evidence may change under an open page, when a visit is edited or checked again; that is nobody's act, so the case's revision
does not tell. A decision therefore says what was seen.

Belongs here: reading findings, the digest, comparing. Does not: acts (reviewing.py).
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import NotFoundError, StaleError
from server.models.case import Case
from server.models.finding import Finding


def list_findings(session: Session, case: Case) -> list[Finding]:
    """All findings of a case, also those that no longer hold, by id."""
    return list(session.scalars(select(Finding).where(Finding.case_id == case.id).order_by(Finding.id)))


def digest_of(findings: Iterable[Finding]) -> str:
    """What tells "the findings that were shown" from "others since": which, how grave, on what evidence, whether they hold.

    What people decided about them is the case's revision.
    """
    rows = sorted(
        (f.id, f.outcome, f.severity, f.evidence_hash, f.submission_id or 0, f.closed_at is None)
        for f in findings
    )
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]


def get_findings(session: Session, case: Case, finding_id: int, together: Collection[int]) -> list[Finding]:
    """The finding, then those shown with it. Raises: NotFoundError when one is of another case or code."""
    wanted = [finding_id, *(number for number in together if number != finding_id)]
    known = {f.id: f for f in session.scalars(select(Finding).where(Finding.id.in_(wanted)))}
    found = [known[number] for number in wanted if number in known and known[number].case_id == case.id]
    if len(found) != len(set(wanted)) or len({(f.code, f.outcome) for f in found}) > 1:
        raise NotFoundError("there is no such finding", message_id="Temuan ini tidak ada di kasus ini.")
    return found


def require_seen(findings: Iterable[Finding], seen: str | None) -> None:
    """Raises: StaleError when what a person saw is not what stands there now."""
    if seen is not None and not hmac.compare_digest(seen.encode(), digest_of(findings).encode()):
        raise StaleError(
            "the evidence changed while it was being read",
            message_id="Bukti berubah sementara Anda membacanya. Periksa bukti terbaru di bawah, lalu putuskan lagi.",
            details={"evidence": True},
        )
