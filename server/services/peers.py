"""Peers: submissions that a finding names because they look alike. Each must name the other, or neither.

Belongs here: whom a screening obliges to be screened again. Does not: finding look-alikes (facts_photos, facts_places).
Source: the house's semantics, section 2: "name the peers and re-screen them".
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from server.db import one_of
from server.models.finding import Finding, SubjectKind
from server.models.submission import Submission
from server.services.finding_store import PEERS_KEY, Draft

FULL = 20
"""A finding that names so many names no later ones (facts_photos.MAX_PEERS, facts_places.MAX_PEERS)."""

Named = dict[tuple[int, str], set[int]]
"""(submission, code) -> submissions that its finding names."""


def stored_peers(session: Session, submission_ids: Collection[int]) -> Named:
    """What the stored findings of these submissions name now."""
    rows = session.execute(
        select(Finding.subject_id, Finding.code, Finding.evidence[PEERS_KEY].label("named")).where(
            one_of(Finding.submission_id, submission_ids),
            Finding.subject_kind == SubjectKind.submission,
            Finding.closed_at.is_(None),
            Finding.evidence[PEERS_KEY].is_not(None),
        )
    )
    named = {(row.subject_id, row.code): set(row.named) for row in rows if row.named}
    return {key: found for key, found in named.items() if found}


def find_disagreeing(
    session: Session,
    submission_ids: Collection[int],
    drafts: Iterable[Draft],
    before: Mapping[tuple[int, str], set[int]],
) -> set[int]:
    """Submissions outside of the batch that must be screened again because of what was found in it.

    One that is newly named and does not name this one back; one that is named no longer and still names it. Nobody is owed
    twice for the same: when the other one was screened both agree.
    """
    own = set(submission_ids)
    after = {
        (draft.submission_id, draft.code): set(draft.evidence[PEERS_KEY])
        for draft in drafts
        if draft.submission_id is not None and PEERS_KEY in draft.evidence
    }
    changed = {key: after.get(key, set()) ^ before.get(key, set()) for key in after.keys() | before.keys()}
    touched = {peer for found in changed.values() for peer in found} - own
    theirs = stored_peers(session, touched) if touched else {}
    return {
        peer
        for (submission_id, code), found in changed.items()
        for peer in found - own
        if _disagrees(
            submission_id, theirs.get((peer, code), set()), named=peer in after.get((submission_id, code), ())
        )
    }


def _disagrees(submission_id: int, names: set[int], *, named: bool) -> bool:
    """Args: names = whom the peer names; named = whether this submission names the peer."""
    if not named:
        return submission_id in names
    is_full = len(names) >= FULL and submission_id > max(names)
    return submission_id not in names and not is_full


def owe(session: Session, submission_ids: Collection[int], later: set[int] | None = None) -> None:
    """Marks live submissions as owed a screening.

    Args: later = where to put those that somebody else is writing to at the moment, to be marked after this transaction:
    who holds submissions of his own must not wait for those of others, or two workers wait for each other for ever. None:
    this waits.
    """
    ids = set(submission_ids)
    if not ids:
        return
    live = and_(one_of(Submission.id, ids), Submission.deleted_at.is_(None), Submission.is_draft.is_(False))
    query = select(Submission.id).where(live).order_by(Submission.id)
    free = session.scalars(query.with_for_update(key_share=True, skip_locked=later is not None)).all()
    session.execute(
        update(Submission)
        .where(one_of(Submission.id, free))
        .values(screened_at=None)
        .execution_options(synchronize_session=False)
    )
    if later is not None:
        later |= ids - set(free)
