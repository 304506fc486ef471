"""The <model> of an XForm: instances, binds, texts and actions, as plain look-ups.

Belongs here: finding those parts, in forms of pyxform and in hand-written ones.
Does not: body controls (xform_body.py), what they mean together (xform.py).
Source: ODK XForms specification, sections "Model", "Instance", "Bind", "Languages".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from forms.errors import NotAFormError, Reason
from forms.xform_paths import path_of
from forms.xml import UnreadableXmlError, find_attribute, find_child, local_name, parse_xml, text_of

_ITEXT = re.compile(r"^\s*jr:itext\(\s*'([^']*)'\s*\)\s*$|^\s*jr:itext\(\s*\"([^\"]*)\"\s*\)\s*$")
_LABEL_FORMS = (None, "long", "short")


@dataclass
class InstanceNode:
    """A node of the primary instance; repeated siblings and templates are one node."""

    name: str
    path: str
    template: bool = False
    element: etree._Element | None = None
    children: dict[str, "InstanceNode"] = field(default_factory=dict)

    def walk(self) -> Iterator["InstanceNode"]:
        """All nodes below this one, depth first in document order."""
        for child in self.children.values():
            yield child
            yield from child.walk()


class Model:
    """An XForm taken apart. Raises NotAFormError when the XML is no XForm."""

    def __init__(self, xform: bytes) -> None:
        try:
            self.html = parse_xml(xform)
        except UnreadableXmlError as error:
            raise NotAFormError(str(error)) from error
        head, body = find_child(self.html, "head"), find_child(self.html, "body")
        model = find_child(head, "model") if head is not None else None
        if head is None or model is None:
            raise NotAFormError("this XML is no XForm: it has no head with a model")
        self.head, self.model = head, model
        self.body = body if body is not None else etree.Element("body")
        self.root = self._primary_root()

    def _primary_root(self) -> etree._Element:
        instance = find_child(self.model, "instance")
        if instance is None or len(instance) == 0:
            raise NotAFormError("this XForm has no primary instance")
        return instance[0]

    @property
    def form_id(self) -> str:
        """Attribute id of the primary instance. Raises NotAFormError with Reason.NO_FORM_ID."""
        form_id = (self.root.get("id") or "").strip()
        if not form_id:
            raise NotAFormError(
                "the form has no form id (attribute id of the instance)", reason=Reason.NO_FORM_ID
            )
        return form_id

    @property
    def title(self) -> str:
        """Text of the title element, '' without one."""
        return text_of(find_child(self.head, "title")).strip()

    @cached_property
    def tree(self) -> InstanceNode:
        """The primary instance with every node once; the root has path ''."""
        top = InstanceNode(local_name(self.root.tag), "", element=self.root)
        _collect(self.root, top)
        return top

    @cached_property
    def secondary(self) -> Mapping[str, etree._Element]:
        """Secondary instances by id."""
        instances = [child for child in self.model if local_name(child.tag) == "instance"][1:]
        return {child.get("id") or "": child for child in instances}

    @cached_property
    def binds(self) -> Mapping[str, Mapping[str, str]]:
        """Attributes of the binds by path and local name; several binds of a node add up."""
        binds: dict[str, dict[str, str]] = {}
        for element in self._binds():
            path = path_of(element.get("nodeset") or "")
            if path is not None:
                binds.setdefault(path, {}).update(
                    {local_name(str(key)): str(value) for key, value in element.items()}
                )
        return binds

    @cached_property
    def bind_ids(self) -> Mapping[str, str]:
        """Path by the id of a bind, for controls that name their bind instead of a ref."""
        pairs = [(element.get("id"), path_of(element.get("nodeset") or "")) for element in self._binds()]
        return {name: path for name, path in pairs if name and path is not None}

    def _binds(self) -> Iterator[etree._Element]:
        return (child for child in self.model if local_name(child.tag) == "bind")

    @cached_property
    def translations(self) -> Mapping[str, Mapping[str, etree._Element]]:
        """Language name -> text id -> <text> element, in document order; empty without itext."""
        itext = find_child(self.model, "itext")
        return {
            translation.get("lang") or "": {text.get("id") or "": text for text in translation}
            for translation in (itext if itext is not None else ())
        }

    @property
    def default_language(self) -> str:
        """The translation marked default, else the first; '' without itext."""
        itext = find_child(self.model, "itext")
        for translation in itext if itext is not None else ():
            if translation.get("default") not in (None, "", "false()"):
                return translation.get("lang") or ""
        return next(iter(self.translations), "")

    @property
    def public_key(self) -> str:
        """The key that submissions are encrypted with, '' for forms in the clear."""
        submission = find_child(self.model, "submission")
        return (submission.get("base64RsaPublicKey") or "").strip() if submission is not None else ""

    @property
    def entities_version(self) -> str | None:
        """Attribute entities-version of the model."""
        return find_attribute(self.model, "entities-version")

    def labels(self, label: etree._Element | None) -> Mapping[str, str]:
        """What a <label> says: by language when it refers to itext, else under ''."""
        if label is None:
            return {}
        match = _ITEXT.match(label.get("ref") or "")
        if match:
            return self.texts(match.group(1) or match.group(2) or "")
        text = plain_text(label)
        return {"": text} if text else {}

    def texts(self, text_id: str) -> Mapping[str, str]:
        """The plain text of an itext id by language; languages without it are left out."""
        found = {}
        for language, texts in self.translations.items():
            text = _label_value(texts.get(text_id))
            if text:
                found[language] = text
        return found


def plain_text(element: etree._Element) -> str:
    """The text of a label; an <output> in it is shown as ${question}."""
    parts = [element.text or ""]
    for child in element:
        if local_name(child.tag) == "output":
            reference = (child.get("value") or child.get("ref") or "").strip()
            parts.append(f"${{{reference.rpartition('/')[2].strip()}}}")
        else:
            parts.append(plain_text(child))
        parts.append(child.tail or "")
    return "".join(parts).strip()


def _label_value(text: etree._Element | None) -> str:
    values = {value.get("form"): value for value in (text if text is not None else ())}
    for form in _LABEL_FORMS:
        if form in values:
            return plain_text(values[form])
    return ""


def _collect(element: etree._Element, node: InstanceNode) -> None:
    for child in element:
        name = local_name(child.tag)
        known = node.children.get(name)
        if known is None:
            known = node.children[name] = InstanceNode(name, f"{node.path}/{name}", element=child)
        known.template = known.template or _is_template(child)
        _collect(child, known)


def _is_template(element: etree._Element) -> bool:
    return any(local_name(str(key)) == "template" for key in element.attrib)
