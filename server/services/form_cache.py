"""Definitions and compiled rules of form versions, read once per process: a version never changes after it is made.

What is kept is found again by id, hash and time together: SQLite gives the id of a deleted draft to the next one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition, definition_from_json, definition_to_json
from forms.rules import RuleSet
from server.db import one_of
from server.errors import NotFoundError
from server.models.form import FormVersion

KEPT_VERSIONS = 256


class _Cache:
    """Bounded maps by form version."""

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
    return definitions_of(session, [version_id])[version_id]


def definition_by_stamp(
    session: Session, version_id: int, sha256: str, created_at: datetime
) -> FormDefinition:
    """The definition of a form version whose row was read already: no question when it is known."""
    return _definition(session, version_id, _stamp(sha256, created_at))


def definitions_of(session: Session, version_ids: Iterable[int]) -> dict[int, FormDefinition]:
    """The definitions of form versions, by id; one small query when all of them are known.

    Raises: NotFoundError when one of them does not exist.
    """
    stamps = _stamps(session, set(version_ids))
    return {number: _definition(session, number, stamp) for number, stamp in stamps.items()}


def _definition(session: Session, version_id: int, stamp: str) -> FormDefinition:
    cache = _cache()
    found = cache.definitions.get((stamp, version_id))
    if found is None:
        cache.trim()
        data = session.scalar(select(FormVersion.definition).where(FormVersion.id == version_id))
        found = cache.definitions[stamp, version_id] = definition_from_json(data or {})
    return found


def rules_of(session: Session, version_id: int, others: Mapping[str, FormDefinition]) -> RuleSet | None:
    """The compiled rules of a form version, or None when it has none."""
    return rule_sets_of(session, [version_id], others)[version_id]


def rule_sets_of(
    session: Session, version_ids: Iterable[int], others: Mapping[str, FormDefinition]
) -> dict[int, RuleSet | None]:
    """The compiled rules of form versions, by id. others: form id -> definition, for what rules read of other forms.

    Raises: NotFoundError when a version does not exist.
    """
    known = tuple(sorted(f"{name}:{item.version}" for name, item in others.items()))
    found: dict[int, RuleSet | None] = {}
    for version_id, stamp in _stamps(session, set(version_ids)).items():
        key = (stamp, version_id, known)
        cache = _cache()
        if key not in cache.rules:
            cache.trim()
            data = session.scalar(select(FormVersion.rules).where(FormVersion.id == version_id))
            definition = _definition(session, version_id, stamp)
            cache.rules[key] = RuleSet.from_json(data, definition, others) if data else None
        found[version_id] = cache.rules[key]
    return found


def _stamps(session: Session, version_ids: set[int]) -> dict[int, str]:
    if not version_ids:
        return {}
    rows = session.execute(
        select(FormVersion.id, FormVersion.sha256, FormVersion.created_at).where(
            one_of(FormVersion.id, version_ids)
        )
    )
    stamps = {row.id: _stamp(row.sha256, row.created_at) for row in rows}
    if stamps.keys() != version_ids:
        raise NotFoundError("there is no such form version")
    return stamps


def _stamp(sha256: str, created_at: datetime) -> str:
    return f"{sha256} {created_at.isoformat()}"
