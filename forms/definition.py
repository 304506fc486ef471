"""FormDefinition: what a published XForm asks, read from its XML once and kept as JSON beside it.

Belongs here: fields, types, repeats, choices, media, entity declarations, `sisir:` marks.
Does not: reading XForms (xform.py), answers (values.py, submission.py), rules (rules.py), converting
workbooks (compile.py).
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One choice of a list inside the form; labels by language name ('' when the form has one language)."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Field:
    """A node of the primary instance, depth-first document order.

    path: '/g_aset/jml_mobil', without the root element. type: the bind type as written ('string', 'int',
    'decimal', 'date', 'time', 'dateTime', 'geopoint', 'geotrace', 'geoshape', 'binary', 'barcode', ...),
    'structure' for a group, 'repeat' for a repeat, 'unknown' for a leaf without bind.
    select: 'one' or 'multiple' for selects, else None. choices: name of the list inside the form, or of the
    external file without extension when `external` is set ('keluarga' for keluarga.csv).
    repeat: path of the nearest enclosing repeat, None outside repeats.
    role: value of bind sisir:role ('house_point', 'house_photo', 'place'); sensitive: bind sisir:sensitive =
    'yes', or copies such a question (forms.leaks). save_to: entity property; preload: 'timestamp/start' and the like, or 'start-geopoint' for
    setgeopoint actions. calculated: has a calculate expression and no control. media: for binary fields
    'image', 'audio', 'video', 'file'.
    """

    path: str
    name: str
    type: str
    select: str | None = None
    choices: str | None = None
    external: bool = False
    repeat: str | None = None
    role: str | None = None
    sensitive: bool = False
    save_to: str | None = None
    preload: str | None = None
    calculated: bool = False
    required: bool = False
    media: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MediaSlot:
    """A file that the form expects beside it; kind is 'file', 'image', 'audio' or 'video'. Unique by name and
    kind.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class EntityDeclaration:
    """What a form does to one entity list. container: '' for the root, else the repeat or group that holds
    `meta`.

    properties: property name -> path of the field that is saved to it.
    """

    dataset: str
    container: str
    creates: bool
    updates: bool
    properties: Mapping[str, str]


@dataclass(frozen=True)
class FormDefinition:
    """All that the server needs to know of a form version. Made by read_definition, kept as JSON."""

    form_id: str
    version: str
    title: str
    root: str
    fields: tuple[Field, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    external_lists: tuple[str, ...]
    media: tuple[MediaSlot, ...]
    entities: tuple[EntityDeclaration, ...] = ()
    entities_version: str | None = None
    languages: tuple[str, ...] = ()
    default_language: str = ""
    encrypted: bool = False
    instance_name: bool = False

    @cached_property
    def by_path(self) -> Mapping[str, Field]:
        """Fields by path."""
        return {item.path: item for item in self.fields}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Field, ...]]:
        """Fields by name; a name may stand in several groups."""
        names: dict[str, tuple[Field, ...]] = {}
        for item in self.fields:
            names[item.name] = (*names.get(item.name, ()), item)
        return names


_LISTS_OF = {"fields": Field, "media": MediaSlot, "entities": EntityDeclaration}


def definition_to_json(definition: FormDefinition) -> dict[str, Any]:
    """Dicts, lists, strings and booleans that json.dumps takes; definition_from_json reads them back exactly.

    Values equal to a default are left out, so that a form of hundreds of questions stays small.
    """
    data = _slim(definition)
    for name in _LISTS_OF:
        if name in data:
            data[name] = [_slim(item) for item in data[name]]
    data["choices"] = {
        name: [[choice.name, dict(choice.labels)] for choice in choices]
        for name, choices in definition.choices.items()
    }
    return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}


def definition_from_json(data: Mapping[str, Any]) -> FormDefinition:
    """The definition that definition_to_json was given.

    Raises: KeyError or TypeError when the data was not made by it.
    """
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    for name, kind in _LISTS_OF.items():
        values[name] = tuple(kind(**item) for item in data.get(name, ()))
    values["choices"] = {
        name: tuple(Choice(code, labels) for code, labels in choices)
        for name, choices in data["choices"].items()
    }
    return FormDefinition(**values)


def _slim(item: Any) -> dict[str, Any]:
    return {
        spec.name: getattr(item, spec.name)
        for spec in fields(item)
        if getattr(item, spec.name) != _default_of(spec)
    }


def _default_of(spec: Any) -> Any:
    if spec.default is not MISSING:
        return spec.default
    return spec.default_factory() if spec.default_factory is not MISSING else MISSING
