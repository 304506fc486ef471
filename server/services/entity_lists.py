"""Entity lists: properties, revisions that phones compare, and the CSV that phones download.

Belongs here: everything about a list as a whole. Does not: changing single entities (entities.py), filling `keluarga` and
`desa` from the register (enrolment.py).
Source: the OpenRosa specification, sections 3, 4 and 6.1.
"""

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from server.db import insert_for, now, one_of
from server.errors import BadValueError, ListNameError, NotFoundError, PropertyNameError
from server.models.entity import Entity, EntityList, EntityListArea, EntityProperty
from server.models.form import Form, FormFile, FormVersion
from server.permissions import Caller
from server.scope import AreaPaths, village_paths, within_areas

AREA_LIST = "desa"
"""The list whose entities are villages: whoever has an RT of a village gets the village."""
CHUNK_CHARACTERS = 1 << 16
FETCH_ROWS = 1000
_LIST_NAME = re.compile(r"(?!__)[A-Za-z:_][A-Za-z0-9:_-]*")
_PROPERTY_NAME = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = ("name", "label")
NAME_RULE = "a letter, ':' or '_' first, then also digits and '-'; no dot; not '__' first"
PROPERTY_RULE = "a letter or '_' first, then also digits, '.' and '-'; not name, label, nor '__' first"
_MUST_QUOTE = re.compile('[",\r\n]')


class EntityRow(NamedTuple):
    """One entity as the CSV needs it."""

    uuid: str
    label: str
    version: int
    data: dict[str, str]


def find_list(session: Session, project_id: int, name: str) -> EntityList | None:
    """The campaign's list with exactly this name, or None; deleted lists are not found."""
    return session.scalar(_lists(project_id).where(EntityList.name == name))


def get_list(session: Session, project_id: int, name: str) -> EntityList:
    """The campaign's list with this name. Raises: NotFoundError."""
    found = find_list(session, project_id, name)
    if found is None:
        raise NotFoundError(
            f"there is no entity list {name!r}", message_id=f"Daftar {name} tidak ada di kegiatan ini."
        )
    return found


def list_lists(session: Session, project_id: int) -> list[EntityList]:
    """All lists of a campaign, by name."""
    return list(session.scalars(_lists(project_id).order_by(EntityList.name)))


def ensure_list(session: Session, project_id: int, name: str, properties: Iterable[str]) -> EntityList:
    """The list with this name, made when it is missing, with at least these properties, in this order when new.

    Raises: BadValueError for a name that ODK does not allow; ListNameError, PropertyNameError when one exists that differs
    only by case.
    Effects: a new property counts as a change of the list for every phone. A repeat changes nothing.
    """
    found = find_list(session, project_id, name) or _make_list(session, project_id, name)
    add_properties(session, found, properties)
    return found


def add_properties(session: Session, listed: EntityList, names: Iterable[str]) -> list[str]:
    """The names that were new, in order. Raises: BadValueError, PropertyNameError."""
    known = {name.lower(): name for name in list_properties(session, listed)}
    new = [name for name in dict.fromkeys(names) if known.get(name.lower()) != name]
    for name in new:
        _check_property(name, known)
    if not new:
        return []
    moment = now()
    rows = [{"entity_list_id": listed.id, "name": name, "published_at": moment} for name in new]
    session.execute(insert_for(session, EntityProperty).on_conflict_do_nothing(), rows)
    count_schema_change(session, listed)
    return new


def list_properties(session: Session, listed: EntityList) -> list[str]:
    """The published properties in the order of publishing."""
    query = (
        select(EntityProperty.name)
        .where(EntityProperty.entity_list_id == listed.id, EntityProperty.published_at.is_not(None))
        .order_by(EntityProperty.published_at, EntityProperty.id)
    )
    return list(session.scalars(query))


def link_empty_slots(session: Session, project_id: int) -> int:
    """Fills empty slots X.csv of the campaign's published and draft forms with the list X. Returns: how many.

    Source: the OpenRosa specification, section 3, last paragraph.
    """
    lists = {f"{item.name}.csv": item.id for item in list_lists(session, project_id)}
    if not lists:
        return 0
    slots = session.scalars(
        select(FormFile)
        .join(FormVersion, FormVersion.id == FormFile.form_version_id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(
            Form.project_id == project_id,
            FormFile.kind == "file",
            FormFile.blob_id.is_(None),
            FormFile.entity_list_id.is_(None),
            FormFile.name.in_(lists),
        )
    ).all()
    for slot in slots:
        slot.entity_list_id, slot.updated_at = lists[slot.name], now()
    session.flush()
    return len(slots)


def visible_entities(
    listed: EntityList, areas: AreaPaths, owner_id: int | None = None
) -> ColumnElement[bool]:
    """The condition that an entity of this list may be seen with these areas. Entities without area are seen by all.

    Args: owner_id = see `owner_of`.
    """
    paths = village_paths(areas) if listed.name == AREA_LIST else areas
    visible = within_areas(Entity.area_path, paths, allow_empty=True)
    return visible if owner_id is None else and_(visible, Entity.creator_id == owner_id)


def owner_of(caller: Caller, *, owner_only: bool, actees: Iterable[str]) -> int | None:
    """Whose entities a caller gets on the phone: only their own (their actor id), or all (None).

    Lists may be set to show everybody only what they made themselves; whoever may read entity lists as a whole sees all.
    """
    return caller.actor_id if owner_only and not caller.may("entity.list", *actees) else None


def bump_revision(session: Session, entity_list_id: int, village_code: str) -> None:
    """Counts one change of the list in one village ('' = of an entity without area): phones there fetch it again."""
    bump_revisions(session, entity_list_id, [village_code])


def bump_revisions(session: Session, entity_list_id: int, village_codes: Iterable[str]) -> None:
    """Counts a change for every mention of a village. Rows are locked in the order of the codes, so nobody deadlocks."""
    counts = sorted(Counter(code[:10] for code in village_codes).items())
    if not counts:
        return
    insert = insert_for(session, EntityListArea)
    rows = [
        {"entity_list_id": entity_list_id, "village_code": code, "revision": count} for code, count in counts
    ]
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["entity_list_id", "village_code"],
            set_={"revision": EntityListArea.revision + insert.excluded.revision},
        ),
        rows,
    )


def list_revision_hash(session: Session, listed: EntityList, areas: AreaPaths) -> str:
    """32 hex digits that change whenever what a caller with these areas would download changes.

    It is made of the schema revision, the areas and the changes counted in the villages they touch; building no list, it
    costs one small query. A change elsewhere in the caller's village, outside their RT, changes it too: a fetch too many,
    never one too few.
    """
    schema = session.scalar(select(EntityList.schema_revision).where(EntityList.id == listed.id))
    return revision_hashes(session, {listed.id: (listed.actee_id, schema or 0)}, areas)[listed.id]


def hashed_name(actee_id: str, owner_id: int | None) -> str:
    """What stands for a list in its hash: one for everybody, or one for each owner."""
    return actee_id if owner_id is None else f"{actee_id} of {owner_id}"


def revision_hashes(
    session: Session, lists: Mapping[int, tuple[str, int]], areas: AreaPaths
) -> dict[int, str]:
    """list_revision_hash of several lists whose rows were read already, in one question.

    Args: lists = id -> (actee id, followed by the owner where only the owner's entities count; schema revision).
    """
    if not lists:
        return {}
    rows = session.connection().execute(_changes_in(village_paths(areas)), {"lists": list(lists)})
    changes = {row.entity_list_id: row.changes for row in rows}
    where = "*" if areas is None else "|".join(sorted(areas))
    return {
        list_id: hashlib.md5(
            f"{actee_id} {schema} {changes.get(list_id, 0)} {where}".encode(), usedforsecurity=False
        ).hexdigest()
        for list_id, (actee_id, schema) in lists.items()
    }


@lru_cache(maxsize=256)
def _changes_in(paths: AreaPaths) -> Select[*tuple[Any, ...]]:
    """The changes counted of lists in some areas; made once for each phone's areas: every phone asks each time it looks."""
    counted = EntityListArea.__table__.c
    return (
        select(counted.entity_list_id, func.sum(counted.revision).label("changes"))
        .where(
            one_of(counted.entity_list_id, bindparam("lists")),
            within_areas(counted.village_code, paths, allow_empty=True),
        )
        .group_by(counted.entity_list_id)
    )


def iter_entity_rows(
    session: Session, listed: EntityList, areas: AreaPaths, owner_id: int | None = None
) -> Iterator[EntityRow]:
    """The live entities that a caller with these areas may see, newest first; fetched in pieces."""
    table = Entity.__table__.c
    query = (
        select(table.uuid, table.label, table.version, table.data)
        .where(
            table.entity_list_id == listed.id,
            table.deleted_at.is_(None),
            visible_entities(listed, areas, owner_id),
        )
        .order_by(table.id.desc())
        .execution_options(yield_per=FETCH_ROWS)
    )
    for rows in session.execute(query).partitions():
        yield from cast(Sequence[EntityRow], rows)


def render_entity_csv(
    session: Session, listed: EntityList, areas: AreaPaths, owner_id: int | None = None
) -> Iterator[bytes]:
    """The list as a phone downloads it, in pieces: header even when empty, LF, UTF-8, quoted as RFC 4180 says.

    Columns: name, label, __version, then the properties in the order of publishing. Source: the OpenRosa specification, 3.
    """
    properties = list_properties(session, listed)
    render = row_renderer(3 + len(properties))
    pieces = [render(["name", "label", "__version", *properties])]
    size = 0
    for uuid_, label, version, data in iter_entity_rows(session, listed, areas, owner_id):
        value = data.get
        line = render([uuid_, label, str(version), *[value(name, "") for name in properties]])
        pieces.append(line)
        size += len(line)
        if size > CHUNK_CHARACTERS:
            yield "".join(pieces).encode()
            pieces, size = [], 0
    if pieces:
        yield "".join(pieces).encode()


def row_renderer(columns: int) -> Callable[[list[str]], str]:
    """A function that makes a line of text of so many values. Most rows need no quotes: they are joined and looked at once."""

    def render(values: list[str]) -> str:
        try:
            line = ",".join(values)
        except TypeError:
            values = ["" if value is None else str(value) for value in values]
            line = ",".join(values)
        if line.count(",") == columns - 1 and '"' not in line and "\n" not in line and "\r" not in line:
            return line + "\n"
        return ",".join(map(_quoted, values)) + "\n"

    return render


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _MUST_QUOTE.search(value) else value


def _lists(project_id: int) -> Select[EntityList]:
    return select(EntityList).where(EntityList.project_id == project_id, EntityList.deleted_at.is_(None))


def _make_list(session: Session, project_id: int, name: str) -> EntityList:
    if not _LIST_NAME.fullmatch(name):
        raise BadValueError(
            f"{name!r} is no name for an entity list",
            message_id=f"Nama daftar {name!r} tidak benar.",
            details={"field": "name", "value": name, "reason": NAME_RULE},
        )
    same = session.scalar(_lists(project_id).where(func.lower(EntityList.name) == name.lower()))
    if same is not None:
        raise ListNameError(
            f"an entity list {same.name!r} exists; {name!r} differs only by case",
            details={"current": same.name, "provided": name},
        )
    moment = now()
    session.execute(
        insert_for(session, EntityList)
        .values(
            project_id=project_id,
            actee_id=str(uuid.uuid4()),
            name=name,
            approval_required=False,
            owner_only=False,
            schema_revision=0,
            created_at=moment,
            published_at=moment,
        )
        .on_conflict_do_nothing()
    )
    return get_list(session, project_id, name)


def _check_property(name: str, known: dict[str, str]) -> None:
    if not _PROPERTY_NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise BadValueError(
            f"{name!r} is no name for a property",
            message_id=f"Nama kolom {name!r} tidak benar.",
            details={"field": "name", "value": name, "reason": PROPERTY_RULE},
        )
    other = known.setdefault(name.lower(), name)
    if other != name:
        raise PropertyNameError(
            f"a property {other!r} exists; {name!r} differs only by case",
            details={"duplicateProperties": [{"current": other, "provided": name}]},
        )


def count_schema_change(session: Session, listed: EntityList) -> None:
    """Every phone fetches the list again: its columns or who sees what have changed."""
    session.execute(
        update(EntityList)
        .where(EntityList.id == listed.id)
        .values(schema_revision=EntityList.schema_revision + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(listed)
