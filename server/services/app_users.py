"""App users as API clients see them: an officer's phone with its token, properties, and when it last sent something.

Belongs here: reading, making, changing, removing them. Does not: areas and QR codes (officers.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from media.sealing import Seal
from server.db import now
from server.errors import ConflictError, NotFoundError
from server.models.actor import Actor, ActorArea, ActorKind, ActorProperty, Assignment, AuthSession
from server.models.project import Project
from server.models.submission import Submission
from server.problems import UnexpectedPropertiesError
from server.scope import AreaPaths, covers_any
from server.services import accounts, audit


@dataclass(frozen=True)
class AppUser:
    """An app user; token None when it was revoked. created_by and last_used are for extended metadata."""

    project_id: int | None
    id: int
    kind: str
    display_name: str
    token: str | None
    created_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    created_by: Actor | None
    last_used: datetime | None
    properties: Mapping[str, str]


def list_app_users(session: Session, seal: Seal, project_id: int, within: AreaPaths) -> list[AppUser]:
    """The app users of a project, newest first, revoked ones last.

    Of somebody who sees certain areas only, those that work inside them and those without area (they stand in none).
    """
    found = _select(session, seal, within, Actor.project_id == project_id)
    return sorted(found, key=lambda user: (user.token is None, -user.id))


def get_app_user(
    session: Session, seal: Seal, project_id: int, app_user_id: int, within: AreaPaths
) -> AppUser:
    """One app user of a project. Raises: NotFoundError, also for one outside of the areas."""
    found = _select(session, seal, within, Actor.project_id == project_id, Actor.id == app_user_id)
    if not found:
        raise NotFoundError("there is no such app user")
    return found[0]


def create_app_user(
    session: Session, seal: Seal, *, project: Project, name: str, actor_id: int | None
) -> AppUser:
    """A new app user with its token; forms and areas are given to it afterwards."""
    made = accounts.new_actor(
        session, ActorKind.field_key, name.strip(), project_id=project.id, created_by_id=actor_id
    )
    accounts.give_token(session, seal, made.id)
    audit.record(session, actor_id, "field_key.create", made.actee_id, {"projectId": project.id})
    session.flush()
    return get_app_user(session, seal, project.id, made.id, None)


def set_properties(session: Session, app_user: AppUser, properties: Mapping[str, str]) -> None:
    """Replaces what is noted about an app user. Raises: UnexpectedPropertiesError for a name that the project has not."""
    known = list_property_names(session, app_user.project_id or 0)
    if set(properties) - set(known):
        raise UnexpectedPropertiesError(details={"expected": known, "actual": sorted(properties)})
    actor = session.get_one(Actor, app_user.id)
    actor.properties, actor.updated_at = dict(properties), now()
    session.flush()


def delete_app_user(session: Session, app_user: AppUser, *, actor_id: int) -> None:
    """Removes the account and its token; what the phone sent stays."""
    remove_key(session, app_user.id, "field_key.delete", actor_id=actor_id)


def remove_key(session: Session, key_id: int, action: str, *, actor_id: int) -> None:
    """Removes an app user or public link: token, rights, areas; the name stays with what it sent."""
    for table in (AuthSession, Assignment, ActorArea):
        session.execute(delete(table).where(table.actor_id == key_id))
    actor = session.get_one(Actor, key_id)
    actor.deleted_at = now()
    audit.record(session, actor_id, action, actor.actee_id)
    session.flush()


def open_tokens(session: Session, seal: Seal, ids: list[int]) -> dict[int, str]:
    """Actor id -> token of those that have one."""
    rows = session.execute(
        select(AuthSession.actor_id, AuthSession.token_sealed).where(
            AuthSession.actor_id.in_(ids), AuthSession.token_sealed.is_not(None)
        )
    )
    return {key: seal.open_text(sealed) for key, sealed in rows if sealed is not None}


def list_property_names(session: Session, project_id: int) -> list[str]:
    """The properties that app users of a project may have, by name."""
    return list(
        session.scalars(
            select(ActorProperty.name)
            .where(ActorProperty.project_id == project_id)
            .order_by(ActorProperty.name)
        )
    )


def add_property(session: Session, project: Project, name: str, *, actor_id: int) -> None:
    """A new property of a project's app users. Raises: ConflictError (409.3) when there is one of this name."""
    if session.get(ActorProperty, (project.id, name)) is not None:
        raise ConflictError(
            "this property exists already",
            details={
                "fields": ["projectId", "name"],
                "values": [project.id, name],
                "table": "actor_properties",
            },
        )
    session.add(ActorProperty(project_id=project.id, name=name, created_at=now()))
    audit.record(session, actor_id, "project.update", project.actee_id, {"actorProperty": name})
    session.flush()


def _select(
    session: Session, seal: Seal, within: AreaPaths, *conditions: ColumnElement[bool]
) -> list[AppUser]:
    actors = session.scalars(
        select(Actor).where(Actor.kind == ActorKind.field_key, Actor.deleted_at.is_(None), *conditions)
    ).all()
    ids = [actor.id for actor in actors]
    areas: dict[int, list[str]] = {}
    for key, path in session.execute(
        select(ActorArea.actor_id, ActorArea.path).where(ActorArea.actor_id.in_(ids))
    ):
        areas.setdefault(key, []).append(path)
    seen = [actor for actor in actors if all(covers_any(within, path) for path in areas.get(actor.id, ()))]
    tokens = open_tokens(session, seal, [actor.id for actor in seen])
    used = dict(
        session.execute(
            select(Submission.submitter_id, func.max(Submission.created_at))
            .where(Submission.submitter_id.in_(ids))
            .group_by(Submission.submitter_id)
        ).all()
    )
    makers = {
        actor.id: actor
        for actor in session.scalars(select(Actor).where(Actor.id.in_({a.created_by_id for a in seen})))
    }
    return [
        AppUser(
            project_id=actor.project_id,
            id=actor.id,
            kind=actor.kind,
            display_name=actor.display_name,
            token=tokens.get(actor.id),
            created_at=actor.created_at,
            updated_at=actor.updated_at,
            deleted_at=actor.deleted_at,
            created_by=makers.get(actor.created_by_id or 0),
            last_used=used.get(actor.id),
            properties=actor.properties or {},
        )
        for actor in seen
    ]
