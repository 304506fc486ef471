"""Answers as people read them: by group, under the question's own label, sensitive ones masked.

Belongs here: turning a definition and typed answers into lines. Does not: reading the XML (answers.py), pages (console).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from forms.definition import Field, FormDefinition
from forms.rules_evidence import mask
from forms.rules_explain import pick_text
from forms.values import Answers, GeoPoint, Row, Unreadable, Value

MEDIA_TYPES = ("binary",)
EMPTY_TYPES = ("string", "structure", "repeat")


@dataclass(frozen=True)
class AnswerLine:
    """One question and its answer. text is '' for a question that was asked and left empty; is_masked: not in clear.

    is_readable False: what the phone sent is not of the question's type.
    """

    name: str
    label: str
    text: str
    is_masked: bool = False
    is_readable: bool = True


@dataclass(frozen=True)
class AnswerGroup:
    """Questions that stand together in the form. number: which instance of a repeat, from 1; None outside repeats."""

    title: str
    number: int | None
    lines: tuple[AnswerLine, ...]


@dataclass(frozen=True)
class Reader:
    """How answers are to be read. names: entity uuid -> label, for selects from entity lists; reveal: nothing is masked."""

    definition: FormDefinition
    language: str
    names: Mapping[str, str]
    reveal: bool = False
    timezone: object = None


def group_answers(answers: Answers, reader: Reader) -> list[AnswerGroup]:
    """The answers in the form's order. Photos and calculations without label are left out; so is what was not asked."""
    return [group for group in _groups(answers.root, None, reader) if group.lines]


def external_values(answers: Answers, definition: FormDefinition) -> set[str]:
    """The values of selects from files, outside and inside repeats: uuids whose labels the page needs."""
    paths = {field.path for field in definition.fields if field.external}
    return {str(value) for row in _rows(answers.root) for path, value in row.values.items() if path in paths}


def _rows(row: Row) -> Iterator[Row]:
    yield row
    for instances in row.repeats.values():
        for instance in instances:
            yield from _rows(instance)


def _groups(row: Row, number: int | None, reader: Reader) -> Iterator[AnswerGroup]:
    """The groups of one row and, in their places, those of its repeats."""
    title = _title(row.path, reader)
    lines: list[AnswerLine] = []
    for field in reader.definition.fields:
        if field.path in row.repeats:
            yield AnswerGroup(title, number, tuple(lines))
            lines = []
            for place, instance in enumerate(row.repeats[field.path], start=1):
                yield from _groups(instance, place, reader)
        elif _belongs(field, row):
            if _parent_title(field, row, reader) != title:
                yield AnswerGroup(title, number, tuple(lines))
                title, lines = _parent_title(field, row, reader), []
            line = _line(field, row, reader)
            if line is not None:
                lines.append(line)
    yield AnswerGroup(title, number, tuple(lines))


def _belongs(field: Field, row: Row) -> bool:
    if field.type in ("structure", "repeat") or (field.repeat or "") != row.path:
        return False
    return field.path in row.present


def _title(path: str, reader: Reader) -> str:
    field = reader.definition.by_path.get(path)
    return pick_text(field.labels, reader.language) if field else ""


def _parent_title(field: Field, row: Row, reader: Reader) -> str:
    """The label of the nearest labelled group around a field, within its row."""
    path = field.path.rpartition("/")[0]
    while len(path) > len(row.path):
        if title := _title(path, reader):
            return title
        path = path.rpartition("/")[0]
    return _title(row.path, reader)


def _line(field: Field, row: Row, reader: Reader) -> AnswerLine | None:
    label = pick_text(field.labels, reader.language)
    if field.preload or field.type in MEDIA_TYPES or field.media or (field.calculated and not label):
        return None
    value = row.values.get(field.path)
    if value is None:
        notes_too = not field.required and not field.select and field.type in EMPTY_TYPES
        return None if notes_too or field.calculated else AnswerLine(field.name, label or field.name, "")
    if field.sensitive and not reader.reveal:
        return AnswerLine(field.name, label or field.name, mask(value), is_masked=True)
    readable = not isinstance(value, Unreadable)
    return AnswerLine(field.name, label or field.name, show_value(value, field, reader), is_readable=readable)


def show_value(value: Value, field: Field, reader: Reader) -> str:
    """An answer in words: choices by their labels, places with their accuracy, dates as written in the country."""
    if field.select and isinstance(value, str | frozenset):
        names = sorted(value) if isinstance(value, frozenset) else [value]
        return "; ".join(_choice(name, field, reader) for name in names)
    return _plain(value)


def _choice(name: str, field: Field, reader: Reader) -> str:
    if field.external:
        return reader.names.get(name.removeprefix("uuid:"), name)
    for choice in reader.definition.choices.get(field.choices or "", ()):
        if choice.name == name:
            return pick_text(choice.labels, reader.language) or name
    return name


def _plain(value: Value) -> str:
    if isinstance(value, Unreadable):
        return value.text
    if isinstance(value, GeoPoint):
        accuracy = f" (± {value.accuracy_m:.0f} m)" if value.accuracy_m is not None else ""
        return f"{value.lat:.6f}, {value.lon:.6f}{accuracy}"
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
