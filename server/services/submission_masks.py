"""What a submission shows to those who may not see sensitive answers.

Belongs here: the mask of a document and of one answer. Does not: who may see more (permissions), tables (csv_*.py).
Source: the house's semantics, section 7.
"""

from collections.abc import Mapping, Sequence

from lxml import etree

from forms.definition import Field, FormDefinition
from forms.rules_evidence import mask
from forms.submission import SubmissionDocument
from forms.xml import local_name

META = "/meta"


def masked_xml(xml: bytes, definition: FormDefinition) -> bytes:
    """A copy of a submission with sensitive answers masked: readable, but not the bytes that the phone sent."""
    root = SubmissionDocument(xml).root
    _mask_children(root, "", definition.by_path)
    return etree.tostring(root, encoding="utf-8")


def shown_text(text: str, path: str, definitions: Sequence[FormDefinition]) -> str:
    """One answer by the definitions of the versions that it stands in: hidden where one of them calls it sensitive."""
    fields = [item.by_path[path] for item in definitions if path in item.by_path]
    hidden = any(field.sensitive for field in fields) if fields else is_hidden(path, {})
    return mask(text.strip()) if hidden and text.strip() else text


def is_hidden(path: str, fields: Mapping[str, Field]) -> bool:
    """Whether a node is masked: its question is sensitive, or the form does not know it, so that nobody can tell."""
    field = fields.get(path)
    if field is None:
        return not path.startswith(f"{META}/")
    return field.sensitive


def _mask_children(element: etree._Element, path: str, fields: Mapping[str, Field]) -> None:
    for child in element:
        child_path = f"{path}/{local_name(child.tag)}"
        if len(child):
            _mask_children(child, child_path, fields)
        elif child.text and child.text.strip() and is_hidden(child_path, fields):
            child.text = mask(child.text.strip())
