"""Reading a submission: who it says it is, its typed answers, the files that should come with it.

Belongs here: SubmissionDocument, which parses the bytes once, and plain functions on it.
Does not: entities (entities.py), keeping or masking anything (server).
Source: OpenRosa "Metadata schema" and ODK XForms "Submission"; the server's notes, sections 5.3, 5.4, 5.6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from forms.definition import Field, FormDefinition
from forms.errors import MissingFieldError, SubmissionError
from forms.value_text import parse_value
from forms.values import Answers, Row, Value
from forms.xml import UnreadableXmlError, find_attribute, find_child, local_name, parse_xml, text_of

MAX_SUBMISSION_BYTES = 5 * 1024 * 1024
_AUDIT = "/meta/audit"


@dataclass(frozen=True)
class Envelope:
    """What a submission says of itself. Absent or blank texts are None, but version is '' then.

    Ids are exactly as sent, spaces included. encrypted_files: for encrypted submissions the media names in
    their order, then the name of the encrypted XML.
    """

    form_id: str
    version: str
    instance_id: str | None
    deprecated_id: str | None = None
    instance_name: str | None = None
    encrypted: bool = False
    encrypted_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExpectedFile:
    """A file that the XML names. path: of the field, '' in encrypted submissions; media: as in
    Field.media.
    """

    name: str
    path: str
    sensitive: bool = False
    media: str = "file"


class Leaf(NamedTuple):
    """A text of a submission. rows: index, from 0, of each enclosing repeat's instance, outermost first."""

    path: str
    rows: tuple[int, ...]
    text: str


class SubmissionDocument:
    """A submission parsed once.

    Raises: SubmissionError when it is not well-formed, has a DTD or entities, or is too deep or over 5 MB.
    Prefixes without a declaration and unknown elements are no fault.
    """

    def __init__(self, xml: bytes) -> None:
        try:
            self.root = parse_xml(xml, max_bytes=MAX_SUBMISSION_BYTES, undeclared_prefixes=True)
        except UnreadableXmlError as error:
            raise SubmissionError(str(error)) from error

    @cached_property
    def envelope(self) -> Envelope:
        """Form, version and instance. Raises MissingFieldError('id') without a form id."""
        form_id = self.root.get("id")
        if not form_id or not form_id.strip():
            raise MissingFieldError("id")
        encrypted = (find_attribute(self.root, "encrypted") or "").strip() == "yes"
        return Envelope(
            form_id=form_id,
            version=find_attribute(self.root, "version") or "",
            instance_id=self._meta("instanceID") or _filled(find_child(self.root, "instanceID")),
            deprecated_id=self._meta("deprecatedID"),
            instance_name=self._meta("instanceName"),
            encrypted=encrypted,
            encrypted_files=tuple(_encrypted_files(self.root)) if encrypted else (),
        )

    def _meta(self, name: str) -> str | None:
        for child in self.root:
            if local_name(child.tag) == "meta":
                text = _filled(find_child(child, name))
                if text:
                    return text
        return None

    def answers(self, definition: FormDefinition) -> Answers:
        """Typed answers; nodes that the definition lacks are left out, texts of a wrong type are
        Unreadable.
        """
        return Answers(_read_row(self.root, "", 0, definition.by_path))

    def expected_files(self, definition: FormDefinition) -> tuple[ExpectedFile, ...]:
        """Files named by binary nodes and the audit log, each name once (sensitive if any of its nodes
        is).
        """
        if self.envelope.encrypted:
            return tuple(ExpectedFile(name, "") for name in self.envelope.encrypted_files)
        found: dict[str, ExpectedFile] = {}
        for item in _named_files(self.root, "", definition.by_path):
            known = found.get(item.name)
            if known is None or (item.sensitive and not known.sensitive):
                found[item.name] = (
                    item if known is None else ExpectedFile(known.name, known.path, True, known.media)
                )
        return tuple(found.values())

    def leaves(self, definition: FormDefinition) -> Iterator[Leaf]:
        """All texts in document order, also those of nodes that the definition lacks; empty nodes give ''."""
        return _leaves(self.root, "", (), definition.by_path)


def read_envelope(xml: bytes) -> Envelope:
    """What a submission says of itself. Raises SubmissionError, MissingFieldError."""
    return SubmissionDocument(xml).envelope


def parse_submission(xml: bytes, definition: FormDefinition) -> Answers:
    """The typed answers of a submission. Raises SubmissionError."""
    return SubmissionDocument(xml).answers(definition)


def expected_attachments(xml: bytes, definition: FormDefinition) -> tuple[ExpectedFile, ...]:
    """The files that should come with a submission. Raises SubmissionError, MissingFieldError."""
    return SubmissionDocument(xml).expected_files(definition)


def iter_leaves(document: SubmissionDocument, definition: FormDefinition) -> Iterator[Leaf]:
    """All texts of a submission with their paths and rows, in document order."""
    return document.leaves(definition)


def _filled(element: etree._Element | None) -> str | None:
    text = text_of(element)
    return text if text.strip() else None


def _encrypted_files(root: etree._Element) -> Iterator[str]:
    """Order matters: the position of a file is part of its initialisation vector."""
    for child in root:
        if local_name(child.tag) == "media":
            yield from (
                text_of(item).strip() for item in child if local_name(item.tag) == "file" and item.text
            )
    xml_file = text_of(find_child(root, "encryptedXmlFile")).strip()
    if xml_file:
        yield xml_file


def _read_row(element: etree._Element, path: str, index: int, fields: Mapping[str, Field]) -> Row:
    values: dict[str, Value] = {}
    present = {path}
    repeats: dict[str, list[Row]] = {}
    _fill(element, path, fields, values, present, repeats)
    return Row(path, index, values, frozenset(present), {key: tuple(rows) for key, rows in repeats.items()})


def _fill(
    element: etree._Element,
    path: str,
    fields: Mapping[str, Field],
    values: dict[str, Value],
    present: set[str],
    repeats: dict[str, list[Row]],
) -> None:
    """Add an element's children to the row that is being read; of a leaf sent twice the first text counts."""
    for child in element:
        child_path = f"{path}/{local_name(child.tag)}"
        field = fields.get(child_path)
        if field is None:
            continue
        kind = field.type
        if kind == "structure":
            present.add(child_path)
            _fill(child, child_path, fields, values, present, repeats)
        elif kind == "repeat":
            if _is_template(child):
                continue
            present.add(child_path)
            rows = repeats.setdefault(child_path, [])
            rows.append(_read_row(child, child_path, len(rows), fields))
        else:
            present.add(child_path)
            text = child.text
            if text and not text.isspace() and child_path not in values:
                values[child_path] = parse_value(text, field)


def _is_template(element: etree._Element) -> bool:
    return bool(element.attrib) and any(local_name(str(key)) == "template" for key in element.attrib)


def _named_files(element: etree._Element, path: str, fields: Mapping[str, Field]) -> Iterator[ExpectedFile]:
    for child in element:
        child_path = f"{path}/{local_name(child.tag)}"
        field = fields.get(child_path)
        if len(child):
            yield from _named_files(child, child_path, fields)
        elif child_path == _AUDIT or (field is not None and field.type == "binary"):
            name = text_of(child).strip()
            if name:
                yield _expected(name, child_path, field)


def _expected(name: str, path: str, field: Field | None) -> ExpectedFile:
    if field is None:
        return ExpectedFile(name, path)
    return ExpectedFile(name, path, field.sensitive, field.media or "file")


def _leaves(
    element: etree._Element, path: str, rows: tuple[int, ...], fields: Mapping[str, Field]
) -> Iterator[Leaf]:
    counts: dict[str, int] = {}
    for child in element:
        child_path = f"{path}/{local_name(child.tag)}"
        field = fields.get(child_path)
        kind = field.type if field is not None else ""
        inner = rows
        if kind == "repeat":
            counts[child_path] = counts.get(child_path, -1) + 1
            inner = (*rows, counts[child_path])
        if len(child):
            yield from _leaves(child, child_path, inner, fields)
        elif kind not in ("structure", "repeat"):
            yield Leaf(child_path, inner, text_of(child))
