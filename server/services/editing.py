"""Who may replace a submission by an edited one, and who had a hand in it.

Belongs here: the right to edit, the makers of all versions. Does not: storing the edit (receiving.py).
"""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import NotAllowedError
from server.models.actor import ActorArea, ActorKind
from server.models.submission import Submission, SubmissionVersion
from server.permissions import Caller
from server.scope import covers_any


def makers_of(session: Session, submission_ids: Collection[int]) -> dict[int, set[int]]:
    """submission id -> actors who sent any version of it."""
    found: dict[int, set[int]] = {number: set() for number in submission_ids}
    rows = session.execute(
        select(SubmissionVersion.submission_id, SubmissionVersion.submitter_id).where(
            SubmissionVersion.submission_id.in_(submission_ids)
        )
    )
    for submission_id, actor_id in rows:
        if actor_id is not None:
            found[submission_id].add(actor_id)
    return found


def require_may_edit(session: Session, caller: Caller, submission: Submission, actees: Iterable[str]) -> None:
    """An edit is taken from whoever sent a version before; from another phone that works in the place of the visit (an
    officer's new phone, a colleague of the village); from people with the right submission.update there.

    Args: actees: the form's and the campaign's actee ids.
    Raises: NotAllowedError otherwise: somebody else's evidence would be replaced by a stranger.
    """
    if caller.actor_id in makers_of(session, [submission.id])[submission.id]:
        return
    may = caller.kind == ActorKind.field_key or caller.may("submission.update", *actees)
    if may and any(covers_any(caller.areas, path) for path in _places(session, submission)):
        return
    if may and caller.areas is None:
        return
    raise NotAllowedError(
        "this submission was sent by somebody else, outside of your areas",
        message_id="Isian ini dikirim petugas lain di luar wilayah Anda. Hubungi kantor; jangan hapus isian ini.",
    )


def _places(session: Session, submission: Submission) -> tuple[str, ...]:
    """Where the visit was; while that is not known, where its officer works."""
    if submission.area_path:
        return (submission.area_path,)
    paths = session.scalars(select(ActorArea.path).where(ActorArea.actor_id == submission.submitter_id))
    return tuple(paths)
