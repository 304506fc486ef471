"""The <body> of an XForm: which control asks a node, with which choices, inside which repeat.

Belongs here: controls, repeats, choice lists. Does not: the model (xform_model.py), fields (xform.py).
Source: ODK XForms specification, section "Body".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from lxml import etree

from forms.definition import Choice
from forms.xform_model import Model
from forms.xform_paths import path_of
from forms.xml import find_child, local_name, text_of

CONTROLS = {"input", "select", "select1", "upload", "trigger", "range", "rank", "secret", "textarea"}
_SELECTS = {"select": "multiple", "select1": "one"}
_INSTANCE = re.compile(r"instance\(\s*(?:'([^']*)'|\"([^\"]*)\")\s*\)")
_ITEXT_REF = re.compile(r"jr:itext\(\s*([\w.-]+)\s*\)")
_SEARCH = re.compile(r"\bsearch\(\s*(?:'([^']*)'|\"([^\"]*)\")")
_MEDIA_KINDS = ("image", "audio", "video")


@dataclass(frozen=True)
class Control:
    """What the body says of one node. The first control of a node counts."""

    tag: str
    labels: Mapping[str, str] = field(default_factory=dict)
    select: str | None = None
    choices: str | None = None
    external: bool = False
    media: str | None = None


class Body:
    """Controls by path, the paths of groups and repeats, choice lists and the files that the body needs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.controls: dict[str, Control] = {}
        self.groups: dict[str, Mapping[str, str]] = {}
        self.repeats: set[str] = set()
        self.choices: dict[str, tuple[Choice, ...]] = {}
        self.files: list[str] = []
        self.actions: list[tuple[str, str]] = []
        self._walk(model.body, "")
        for name in model.secondary:
            if name not in self.choices and not source_of(model, name):
                self.choices[name] = self._listed(name, None)

    def _walk(self, parent: etree._Element, context: str) -> None:
        for element in parent:
            tag = local_name(element.tag)
            path = self._path(element, context)
            if tag in ("group", "repeat"):
                self._container(element, tag, path)
                self._walk(element, context if path is None else path)
            elif tag in CONTROLS:
                if path is not None:
                    self.controls.setdefault(path, self._control(element, tag, path))
                self._collect_actions(element, context if path is None else path)
            else:
                self._action(element, tag, path)

    def _path(self, element: etree._Element, context: str) -> str | None:
        bind = element.get("bind")
        if bind:
            return self.model.bind_ids.get(bind)
        reference = element.get("ref") or element.get("nodeset")
        return path_of(reference, context) if reference else None

    def _container(self, element: etree._Element, tag: str, path: str | None) -> None:
        if path is None:
            return
        if tag == "repeat":
            self.repeats.add(path)
        labels = self.model.labels(find_child(element, "label"))
        self.groups[path] = self.groups.get(path) or labels

    def _collect_actions(self, control: etree._Element, path: str) -> None:
        for child in control:
            self._action(child, local_name(child.tag), self._path(child, path))

    def _action(self, element: etree._Element, tag: str, path: str | None) -> None:
        if path is not None and tag in ("setgeopoint", "recordaudio", "setvalue"):
            self.actions.append((tag, path))

    def _control(self, element: etree._Element, tag: str, path: str) -> Control:
        labels = self.model.labels(find_child(element, "label"))
        if tag == "upload":
            return Control(tag, labels, media=media_kind(element.get("mediatype") or ""))
        select = _SELECTS.get(tag)
        if element.get("query"):
            self.files.append("itemsets.csv")
            return Control(tag, labels, "one", "itemsets", True)
        search = _SEARCH.search(element.get("appearance") or "") if select else None
        if search:
            name = search.group(1) or search.group(2) or ""
            name = name if name.lower().endswith(".csv") else f"{name}.csv"
            self.files.append(name)
            return Control(tag, labels, select, stem(name), True)
        choices, external = self._choice_list(element, path) if select or tag == "rank" else (None, False)
        return Control(tag, labels, select, choices, external)

    def _choice_list(self, element: etree._Element, path: str) -> tuple[str | None, bool]:
        itemset = find_child(element, "itemset")
        if itemset is None:
            self.choices[path] = tuple(self._inline(element))
            return path, False
        match = _INSTANCE.search(itemset.get("nodeset") or "")
        if not match:
            return None, False
        name = match.group(1) or match.group(2) or ""
        source = source_of(self.model, name)
        if source:
            return stem(source), True
        if name not in self.choices:
            self.choices[name] = self._listed(name, itemset)
        return name, False

    def _inline(self, control: etree._Element) -> Iterator[Choice]:
        for item in control:
            if local_name(item.tag) == "item":
                labels = self.model.labels(find_child(item, "label"))
                yield Choice(text_of(find_child(item, "value")).strip(), labels)

    def _listed(self, name: str, itemset: etree._Element | None) -> tuple[Choice, ...]:
        """The items of a list kept in a secondary instance; itemset says which of their nodes are value and
        label.
        """
        instance = self.model.secondary.get(name)
        if instance is None or len(instance) == 0:
            return ()
        value, label = (
            _reference(itemset, "value") or "name",
            _reference(itemset, "label") or "jr:itext(itextId)",
        )
        return tuple(
            Choice(text_of(find_child(item, value)).strip(), self._item_labels(item, label))
            for item in instance[0]
            if local_name(item.tag) == "item"
        )

    def _item_labels(self, item: etree._Element, label: str) -> Mapping[str, str]:
        itext = _ITEXT_REF.match(label)
        text_id = text_of(find_child(item, itext.group(1))) if itext else ""
        if text_id:
            return self.model.texts(text_id)
        text = text_of(find_child(item, "label" if itext else label)).strip()
        return {"": text} if text else {}

    @cached_property
    def recorded(self) -> frozenset[str]:
        """Paths that an action of the body or model records sound into."""
        return frozenset(path for tag, path in self._all_actions() if tag == "recordaudio")

    @cached_property
    def located(self) -> Mapping[str, str]:
        """Path -> 'start-geopoint' (action of the model) or 'background-geopoint' (action of a control)."""
        in_body = {path: "background-geopoint" for tag, path in self.actions if tag == "setgeopoint"}
        in_model = {path: "start-geopoint" for tag, path in self._model_actions() if tag == "setgeopoint"}
        return {**in_body, **in_model}

    def _all_actions(self) -> list[tuple[str, str]]:
        return [*self.actions, *self._model_actions()]

    def _model_actions(self) -> list[tuple[str, str]]:
        pairs = [(local_name(child.tag), path_of(child.get("ref") or "")) for child in self.model.model]
        return [(tag, path) for tag, path in pairs if path is not None]


def source_of(model: Model, name: str) -> str:
    """File name of a secondary instance that lies outside the form, '' for lists within it and
    'last-saved'.
    """
    instance = model.secondary.get(name)
    source = (instance.get("src") or "") if instance is not None else ""
    return file_of(source)


def file_of(source: str) -> str:
    """The file name of 'jr://file-csv/x.csv' and its like; '' for other addresses."""
    match = re.match(r"^jr://(?:file|file-csv|images|audio|video)/(.+)$", source.strip())
    return match.group(1) if match else ""


def stem(name: str) -> str:
    """'keluarga' of 'keluarga.csv'."""
    return PurePosixPath(name).stem


def media_kind(mediatype: str) -> str:
    """'image', 'audio' or 'video' by the first part of a media type, else 'file'."""
    kind = mediatype.partition("/")[0].strip().lower()
    return kind if kind in _MEDIA_KINDS else "file"


def _reference(itemset: etree._Element | None, name: str) -> str:
    child = find_child(itemset, name) if itemset is not None else None
    return (child.get("ref") or "").strip() if child is not None else ""
