"""What a client keeps for a person: the state of its pages, on the site or in one project."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.models.actor import Preference

ON_SITE = 0


def load_preferences(session: Session, actor_id: int) -> dict[str, Any]:
    """{'site': {key: value}, 'projects': {'4': {key: value}}}."""
    found: dict[str, Any] = {"site": {}, "projects": {}}
    for row in session.scalars(select(Preference).where(Preference.actor_id == actor_id)):
        if row.project_id == ON_SITE:
            found["site"][row.key] = row.value
        else:
            found["projects"].setdefault(str(row.project_id), {})[row.key] = row.value
    return found


def set_preference(
    session: Session, actor_id: int, key: str, value: Any, *, project_id: int = ON_SITE
) -> None:
    """Keeps a value under a key; a repeat replaces it."""
    session.merge(Preference(actor_id=actor_id, project_id=project_id, key=key, value=value))
    session.flush()


def drop_preference(session: Session, actor_id: int, key: str, *, project_id: int = ON_SITE) -> None:
    """Forgets a key; one that is not there changes nothing."""
    session.execute(
        delete(Preference).where(
            Preference.actor_id == actor_id, Preference.project_id == project_id, Preference.key == key
        )
    )
