"""Giving areas to officers' phones: known areas, inside of the giver's own, and a line in the audit log.

Belongs here: the rules that every door keeps. Does not: reading areas out of fields (console), paths (scope.py).
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import BadValueError
from server.models.actor import Actor, ActorArea
from server.models.area import Area
from server.scope import AreaPaths
from server.services import accounts, audit, officers


def require_areas_to_give(session: Session, paths: Sequence[str], within: AreaPaths) -> None:
    """Raises: BadValueError for none, for one that no boundary file names, and for one outside of `within`."""
    if not paths:
        raise BadValueError("an officer needs an area", message_id="Isi minimal satu wilayah.")
    codes = {path.replace(".", "").partition("/")[0] for path in paths}
    unknown = ", ".join(sorted(codes - set(session.scalars(select(Area.code).where(Area.code.in_(codes))))))
    if unknown:
        raise BadValueError(
            f"these areas are not in the boundary file: {unknown}",
            message_id=f"Wilayah tidak dikenal: {unknown}. Pilih dari daftar yang muncul saat mengetik.",
        )
    if not officers.works_within(tuple(paths), within):
        raise BadValueError(
            "an officer can be given only areas of your own",
            message_id="Anda hanya dapat memberi petugas wilayah di dalam wilayah Anda sendiri.",
        )


def give_areas(
    session: Session, officer_id: int, paths: Sequence[str], *, within: AreaPaths, actor_id: int
) -> None:
    """Replaces an officer's areas; the phone's lists follow at its next sync. Raises: as require_areas_to_give."""
    require_areas_to_give(session, paths, within)
    accounts.set_areas(session, officer_id, paths)
    actee_id = session.get_one(Actor, officer_id).actee_id
    audit.record(
        session, actor_id, "field_key.area.set", actee_id, {"areas": list_areas(session, officer_id)}
    )


def list_areas(session: Session, actor_id: int) -> list[str]:
    """The areas of an actor, sorted."""
    return list(
        session.scalars(select(ActorArea.path).where(ActorArea.actor_id == actor_id).order_by(ActorArea.path))
    )
