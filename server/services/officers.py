"""Officers as the office sees them: areas, whether their phone still has access, the code that sets a phone up."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from media.sealing import Seal
from server.errors import NotFoundError
from server.models.actor import Actor, ActorArea, ActorKind, AuthSession
from server.scope import AreaPaths, covers_any
from server.services import accounts


@dataclass(frozen=True)
class Officer:
    """An officer's phone, for lists."""

    id: int
    name: str
    areas: tuple[str, ...]
    is_active: bool


def get_officer(session: Session, officer_id: int) -> Actor:
    """The officer with this id. Raises: NotFoundError when there is none."""
    actor = session.get(Actor, officer_id)
    if actor is None or actor.kind != ActorKind.field_key or actor.deleted_at is not None:
        raise NotFoundError("there is no such officer", message_id="Petugas ini tidak ada.")
    return actor


def get_token(session: Session, seal: Seal, officer: Actor) -> str:
    """The token of an officer's phone. Raises: NotFoundError when it was revoked."""
    token = accounts.officer_token(session, seal, officer.id)
    if token is None:
        raise NotFoundError(
            "this officer's access was revoked", message_id="Akses petugas ini sudah dicabut."
        )
    return token


def list_with_areas(session: Session, project_id: int, within: AreaPaths = None) -> list[Officer]:
    """The officers of a campaign, newest first; of somebody who sees certain areas only, those that work inside them."""
    active = exists().where(AuthSession.actor_id == Actor.id)
    rows = session.execute(
        select(Actor.id, Actor.display_name, active)
        .where(Actor.project_id == project_id, Actor.kind == ActorKind.field_key, Actor.deleted_at.is_(None))
        .order_by(Actor.id.desc())
    ).all()
    areas: dict[int, tuple[str, ...]] = {}
    ids = [row[0] for row in rows]
    for actor_id, path in session.execute(
        select(ActorArea.actor_id, ActorArea.path).where(ActorArea.actor_id.in_(ids)).order_by(ActorArea.path)
    ):
        areas[actor_id] = (*areas.get(actor_id, ()), path)
    found = [Officer(row[0], row[1], areas.get(row[0], ()), row[2]) for row in rows]
    return [item for item in found if works_within(item.areas, within)]


def works_within(areas: Sequence[str], within: AreaPaths) -> bool:
    """True when all of these areas lie in those that somebody may give out; nothing lies in everything but everything."""
    return within is None or (
        bool(areas) and all(covers_any(within, path.replace(".", "")) for path in areas)
    )
