"""Which choices of select multiples were ever sent: noted when a submission is settled, so that an export need not read all.

Belongs here: noting and reading them. Does not: columns (forms.flat_tables).
Source: the REST specification, "CSV exports" (splitSelectMultiples).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.values import Row
from server.db import insert_for
from server.models.submission import ChoiceSeen
from server.services.facts_visits import Visit

MAX_CHARS = 255
PAGE = 1000


def note_choices(session: Session, visits: Iterable[Visit]) -> None:
    """Notes what these submissions hold; a repeat changes nothing."""
    seen = sorted({choice for visit in visits for choice in _choices(visit)})
    for start in range(0, len(seen), PAGE):
        rows = [
            {"form_id": form_id, "path": path, "value": value}
            for form_id, path, value in seen[start : start + PAGE]
        ]
        table = cast(Table, ChoiceSeen.__table__)
        session.execute(insert_for(session, table).values(rows).on_conflict_do_nothing())


def list_choices(session: Session, form_id: int) -> dict[str, set[str]]:
    """Path -> values, of all settled submissions of a form; nothing of sensitive questions."""
    found: dict[str, set[str]] = {}
    query = select(ChoiceSeen.path, ChoiceSeen.value).where(ChoiceSeen.form_id == form_id)
    for path, value in session.execute(query):
        found.setdefault(path, set()).add(value)
    return found


def is_noted(definition: FormDefinition, path: str) -> bool:
    """Whether the choices of a question are noted."""
    field = definition.by_path.get(path)
    return field is not None and field.select == "multiple" and not field.sensitive


def _choices(visit: Visit) -> Iterator[tuple[int, str, str]]:
    if visit.answers is None:
        return
    paths = [item.path for item in visit.definition.fields if is_noted(visit.definition, item.path)]
    if paths:
        for row in _rows(visit.answers.root):
            yield from _of_row(visit.form.id, row.values, paths)


def _of_row(
    form_id: int, values: Mapping[str, object], paths: Iterable[str]
) -> Iterator[tuple[int, str, str]]:
    for path in paths:
        value = values.get(path)
        if isinstance(value, frozenset):
            yield from ((form_id, path, name) for name in value if len(name) <= MAX_CHARS)


def _rows(row: Row) -> Iterator[Row]:
    yield row
    for instances in row.repeats.values():
        for instance in instances:
            yield from _rows(instance)
