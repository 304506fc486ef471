"""Entities on the phone: the rows of each list, how a download and how a filled form change them.

Source: spec of the OpenRosa wire behaviour, section 4 (comparison by name and __version), 6.1 and 6.3.
"""

import csv
import enum
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.collect.form_entities import FormEntity

RESERVED = ("name", "label", "__version")
OFFERED = (*RESERVED, "__trunkVersion", "__branchId")


class Origin(enum.Enum):
    """Whether the server has ever shown this entity to the phone."""

    OFFLINE = "offline"
    ONLINE = "online"


class Outcome(enum.Enum):
    """What a list download did."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    ABANDONED = "abandoned"


@dataclass(frozen=True)
class LocalEntity:
    """One row as the phone keeps it; `trunk_version` is the last server version that it has seen."""

    id: str
    label: str
    version: int
    properties: dict[str, str]
    origin: Origin
    trunk_version: int | None
    branch_id: str

    @property
    def is_dirty(self) -> bool:
        """Whether it was changed on this phone since the server was last heard."""
        return self.version != self.trunk_version


@dataclass
class EntityList:
    """One list; `hash` is the manifest's at the last complete download."""

    hash: str | None = None
    needs_approval: bool = False
    columns: list[str] = field(default_factory=list)
    entities: dict[str, LocalEntity] = field(default_factory=dict)


class EntityStore:
    """All entity lists of one phone."""

    def __init__(self) -> None:
        self.lists: dict[str, EntityList] = {}

    def download(self, name: str, body: bytes, new_hash: str, *, needs_approval: bool) -> Outcome:
        """Merges a list as the server sends it.

        Raises: ValueError when a __version is no integer, as Collect then fails the whole form.
        """
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")))
        if any(row.get(key) is None for row in rows for key in RESERVED):
            return Outcome.ABANDONED
        entity_list = self.lists.setdefault(name, EntityList())
        header = next(csv.reader(io.StringIO(body.decode("utf-8"), newline="")), [])
        missing = self._merge(entity_list, rows)
        for entity_id in missing:
            if entity_list.entities[entity_id].origin is Origin.ONLINE:
                del entity_list.entities[entity_id]
        _keep_columns(entity_list, [column for column in header if column not in OFFERED])
        entity_list.hash, entity_list.needs_approval = new_hash, needs_approval
        return Outcome.UPDATED

    def _merge(self, entity_list: EntityList, rows: list[dict[str, str]]) -> set[str]:
        missing = set(entity_list.entities)
        for row in rows:
            server = _from_row(row)
            missing.discard(server.id)
            existing = entity_list.entities.get(server.id)
            entity_list.entities[server.id] = _reconcile(existing, server)
        return missing

    def offline_ids(self, name: str) -> list[str]:
        """Ids created on this phone that no download has confirmed yet."""
        entities = self.lists[name].entities.values() if name in self.lists else []
        return [entity.id for entity in entities if entity.origin is Origin.OFFLINE]

    def drop(self, name: str, entity_id: str) -> None:
        """Forgets one entity; harmless when it is not there."""
        self.lists[name].entities.pop(entity_id, None)

    def apply(self, changes: Iterable[FormEntity]) -> None:
        """What finalising a form does at once, before anything is sent."""
        for change in changes:
            entity_list = self.lists.get(change.dataset)
            if entity_list is None:
                continue
            existing = entity_list.entities.get(change.id)
            if existing is not None and change.updates:
                entity_list.entities[change.id] = _updated(existing, change)
            elif (
                existing is None
                and change.creates
                and not entity_list.needs_approval
                and change.label.strip()
            ):
                entity_list.entities[change.id] = _created(change)

    def write_csv(self, name: str, path: Path) -> None:
        """The list as a form sees it through instance('…'): also with the hidden columns about branches."""
        entity_list = self.lists[name]
        extra = [key for entity in entity_list.entities.values() for key in entity.properties]
        columns = list(dict.fromkeys([*entity_list.columns, *extra]))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*OFFERED, *columns], restval="", lineterminator="\n")
            writer.writeheader()
            for entity in entity_list.entities.values():
                writer.writerow(entity.properties | dict(zip(OFFERED, _offered(entity), strict=True)))


def _keep_columns(entity_list: EntityList, columns: list[str]) -> None:
    entity_list.columns = columns
    for entity in entity_list.entities.values():
        for gone in set(entity.properties) - set(columns):
            del entity.properties[gone]


def _offered(entity: LocalEntity) -> tuple[str, ...]:
    trunk = "" if entity.trunk_version is None else str(entity.trunk_version)
    return (entity.id, entity.label, str(entity.version), trunk, entity.branch_id)


def _from_row(row: dict[str, str]) -> LocalEntity:
    version = int(row["__version"])
    properties = {key: value or "" for key, value in row.items() if key not in OFFERED}
    return LocalEntity(
        row["name"], row["label"], version, properties, Origin.ONLINE, version, str(uuid.uuid4())
    )


def _reconcile(existing: LocalEntity | None, server: LocalEntity) -> LocalEntity:
    if existing is None or existing.version < server.version:
        return server
    if existing.version == server.version:
        return server if existing.is_dirty else existing
    return replace(existing, origin=Origin.ONLINE)


def _updated(existing: LocalEntity, change: FormEntity) -> LocalEntity:
    label = change.label if change.label.strip() else existing.label
    properties = existing.properties | change.properties
    return replace(existing, label=label, properties=properties, version=existing.version + 1)


def _created(change: FormEntity) -> LocalEntity:
    return LocalEntity(
        change.id, change.label, 1, dict(change.properties), Origin.OFFLINE, None, str(uuid.uuid4())
    )
