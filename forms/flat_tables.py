"""Submissions as flat tables: one of the survey's root and one a repeat, columns in the order of the form.

Belongs here: columns and the tight loop that fills them; what a cell holds. Does not: files, rows of the database, who may see.
Reading typed answers (submission.py) costs five times as much, and a table needs texts only.
Source: the server's notes on its REST interface, "CSV exports".
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from forms.definition import Field, FormDefinition
from forms.xml import local_name

LEAF, GROUP, REPEAT, POINT, CHOICES, HIDDEN, SKIP = range(7)
POINT_PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy")
STRUCTURE = ("structure", "repeat")
_NOTHING = (SKIP, 0)


@dataclass(frozen=True)
class TableOptions:
    """What the tables look like.

    group_paths: names with their groups before them. choices: path of a select multiple -> all values that were ever chosen,
    for a column each; None: no such columns. mask: what a sensitive answer shows; None: all in clear.
    """

    group_paths: bool = True
    choices: Mapping[str, Sequence[str]] | None = None
    mask: Callable[[str], str] | None = None


@dataclass
class FlatTable:
    """One table. path: '' for the root, else the repeat's path. header: its columns without those of the server."""

    path: str
    name: str
    header: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)


Row = tuple[int, list[str], str, str]
"""Number of the table, cells, key of the parent, own key."""


class FlatReader:
    """Reads submissions of one form, whatever their version, into rows. For one thread."""

    def __init__(self, fields: Iterable[Field], options: TableOptions) -> None:
        self._options = options
        self.tables: list[FlatTable] = [FlatTable("", "")]
        self._plan: dict[str, Any] = {}
        self._places: dict[str, tuple[int, dict[str, Any]]] = {"": (0, self._plan)}
        for item in fields:
            self._add(item)
        self._parser = etree.XMLParser(
            recover=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )

    def read(self, xml: bytes, key: str) -> tuple[list[str], list[Row], bool]:
        """Cells of the root, rows of repeats in document order, and whether the submission is encrypted (no answers then)."""
        root = etree.fromstring(xml, self._parser)
        cells = self.tables[0].blank.copy()
        rows: list[Row] = []
        if root.get("encrypted") == "yes":
            return cells, rows, True
        self._fill(root, self._plan, cells, key, "", rows)
        return cells, rows, False

    def _add(self, item: Field) -> None:
        parent, _, name = item.path.rpartition("/")
        if parent not in self._places:
            return
        number, plan = self._places[parent]
        table = self.tables[number]
        if item.type == "repeat":
            inner: dict[str, Any] = {}
            self.tables.append(FlatTable(item.path, name))
            self._places[item.path] = (len(self.tables) - 1, inner)
            plan[name] = (REPEAT, len(self.tables) - 1, inner, f"/{name}[")
        elif item.type == "structure":
            inner = {}
            self._places[item.path] = (number, inner)
            plan[name] = (GROUP, 0, inner, f"/{name}")
        else:
            plan[name] = self._column(item, table)

    def _column(self, item: Field, table: FlatTable) -> tuple[Any, ...]:
        at = len(table.header)
        relative = item.path[len(table.path) + 1 :]
        title = relative.replace("/", "-") if self._options.group_paths else item.name
        titles = [f"{title}-{part}" for part in POINT_PARTS] if item.type == "geopoint" else [title]
        kind: tuple[Any, ...] = (POINT if item.type == "geopoint" else LEAF, at)
        if item.sensitive and self._options.mask is not None:
            kind = (HIDDEN, at)
        elif item.select == "multiple" and self._options.choices is not None:
            values = self._options.choices.get(item.path, ())
            titles += [f"{title}/{value}" for value in values]
            kind = (CHOICES, at, {value: at + place for place, value in enumerate(values, 1)})
        table.header += titles
        table.blank += [""] * len(titles)
        return kind

    def _fill(
        self,
        element: etree._Element,
        plan: dict[str, Any],
        cells: list[str],
        key: str,
        place: str,
        rows: list[Row],
    ) -> None:
        counts: dict[int, int] = {}
        for child in element:
            tag = child.tag
            entry = plan.get(tag)
            if entry is None:
                entry = plan[tag] = plan.get(local_name(tag), _NOTHING)
            kind = entry[0]
            if kind == LEAF:
                text = child.text
                if text and not cells[entry[1]]:
                    cells[entry[1]] = text
            elif kind == GROUP:
                self._fill(child, entry[2], cells, key, place + entry[3], rows)
            elif kind == REPEAT:
                if _is_template(child):
                    continue
                number = entry[1]
                count = counts[number] = counts.get(number, 0) + 1
                own = f"{key}{place}{entry[3]}{count}]"
                inner = self.tables[number].blank.copy()
                rows.append((number, inner, key, own))
                self._fill(child, entry[2], inner, own, "", rows)
            elif kind != SKIP and child.text and not child.text.isspace():
                self._special(entry, cells, child.text)

    def _special(self, entry: tuple[Any, ...], cells: list[str], text: str) -> None:
        kind, at = entry[0], entry[1]
        if kind == POINT:
            parts = text.split()[:4]
            cells[at : at + len(parts)] = parts
        elif kind == HIDDEN and self._options.mask is not None:
            cells[at] = self._options.mask(text.strip())
        elif kind == CHOICES:
            cells[at] = text
            chosen = set(text.split())
            for value, column in entry[2].items():
                cells[column] = "1" if value in chosen else "0"


class ChoiceReader:
    """Collects which values of select multiples were ever chosen."""

    def __init__(self, fields: Iterable[Field]) -> None:
        multiples = [item for item in fields if item.type in STRUCTURE or item.select == "multiple"]
        self._reader = FlatReader(multiples, TableOptions())
        self._columns = _columns_by_path(multiples)
        self.found: dict[str, set[str]] = {path: set() for path in self._columns}

    def read(self, xml: bytes) -> None:
        """Notes what one submission says."""
        cells, rows, _ = self._reader.read(xml, "")
        for number, texts in ((0, cells), *((row[0], row[1]) for row in rows)):
            for path, (table, at) in self._columns.items():
                if table == number and texts[at]:
                    self.found[path].update(texts[at].split())


def merge_fields(definitions: Sequence[FormDefinition]) -> list[Field]:
    """The fields of the first definition, and those that only the others have, each behind the one that it followed there."""
    merged: list[Field] = list(definitions[0].fields) if definitions else []
    known = {item.path for item in merged}
    for definition in definitions[1:]:
        before: str | None = None
        for item in definition.fields:
            if item.path not in known:
                merged.insert(_place_after(merged, before), item)
                known.add(item.path)
            before = item.path
    return merged


def mark_sensitive(fields: Iterable[Field], sensitive: Collection[str]) -> list[Field]:
    """The same fields, those of these paths sensitive: an earlier version may have called them so."""
    return [replace(item, sensitive=True) if item.path in sensitive else item for item in fields]


def _place_after(fields: list[Field], path: str | None) -> int:
    """Behind a field and all that stands inside of it."""
    for at, item in enumerate(fields):
        if item.path == path:
            return at + 1
    return 0 if path is None else len(fields)


def _columns_by_path(fields: Iterable[Field]) -> dict[str, tuple[int, int]]:
    """Path of a column -> (table, column), as FlatReader numbers them."""
    tables, widths, found = {"": 0}, [0], {}
    for item in fields:
        if item.type == "repeat":
            tables[item.path] = len(widths)
            widths.append(0)
        elif item.type != "structure":
            number = tables[item.repeat or ""]
            found[item.path] = (number, widths[number])
            widths[number] += 1
    return found


def _is_template(element: etree._Element) -> bool:
    return bool(element.attrib) and any(local_name(str(key)) == "template" for key in element.attrib)
