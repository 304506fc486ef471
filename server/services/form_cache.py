"""Definitions and compiled rules of form versions, read once per process: a version never changes after it is made."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition, definition_from_json, definition_to_json
from forms.rules import RuleSet
from server.errors import NotFoundError
from server.models.form import FormVersion

KEPT_VERSIONS = 256


class _Cache:
    """Bounded maps by form version id; drafts are dropped by id, ids are never used again."""

    def __init__(self) -> None:
        self.definitions: dict[tuple[str, int], FormDefinition] = {}
        self.rules: dict[tuple[str, int, tuple[str, ...]], RuleSet | None] = {}

    def trim(self) -> None:
        """Forgets everything when there is too much; versions are few, so this is rare."""
        if len(self.definitions) > KEPT_VERSIONS:
            self.definitions.clear()
        if len(self.rules) > KEPT_VERSIONS:
            self.rules.clear()


@lru_cache(maxsize=1)
def _cache() -> _Cache:
    return _Cache()


def definition_json(definition: FormDefinition) -> dict[str, Any]:
    """A definition as it is stored."""
    return definition_to_json(definition)


def definition_of(session: Session, version_id: int) -> FormDefinition:
    """The definition of a form version. Raises: NotFoundError when there is no such version."""
    cache = _cache()
    key = (_stamp_of(session, version_id), version_id)
    if key not in cache.definitions:
        cache.trim()
        data = session.scalar(select(FormVersion.definition).where(FormVersion.id == version_id))
        cache.definitions[key] = definition_from_json(data or {})
    return cache.definitions[key]


def rules_of(session: Session, version_id: int, others: Mapping[str, FormDefinition]) -> RuleSet | None:
    """The compiled rules of a form version, or None when it has none."""
    cache = _cache()
    key = (
        _stamp_of(session, version_id),
        version_id,
        tuple(sorted(f"{k}:{v.version}" for k, v in others.items())),
    )
    if key not in cache.rules:
        cache.trim()
        data = session.scalar(select(FormVersion.rules).where(FormVersion.id == version_id))
        definition = definition_of(session, version_id)
        cache.rules[key] = RuleSet.from_json(data, definition, others) if data else None
    return cache.rules[key]


def _stamp_of(session: Session, version_id: int) -> str:
    row = session.execute(
        select(FormVersion.sha256, FormVersion.created_at).where(FormVersion.id == version_id)
    ).first()
    if row is None:
        raise NotFoundError("there is no such form version")
    return f"{row.sha256} {row.created_at.isoformat()}"
