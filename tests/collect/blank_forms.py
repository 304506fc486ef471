"""Blank forms on the phone: what a downloaded XForm says about itself, and the shelf they lie on."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lxml import etree

ENTITIES_NS = "http://www.opendatakit.org/xforms/entities"
ODK_NS = "http://www.opendatakit.org/xforms"
KNOWN_ENTITIES_VERSIONS = ("2022.1", "2023.1", "2024.1", "2025.1")
OFFLINE_ENTITIES_VERSIONS = ("2024.1", "2025.1")


class UnreadableForm(Exception):
    """Collect refuses to install this form; the text says why."""


class XForm:
    """The parts of a form definition that Collect reads outside JavaRosa."""

    def __init__(self, body: bytes) -> None:
        try:
            self._tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            raise UnreadableForm(str(error)) from error
        model = next(self._tree.iter("{*}model"), None)
        holder = model.find("{*}instance") if model is not None else None
        if model is None or holder is None or len(holder) == 0 or not holder[0].get("id"):
            raise UnreadableForm("the primary instance has no id")
        self._model, self.instance = model, holder[0]
        self._require_known_entities()

    def _find(self, name: str) -> list[etree._Element]:
        return list(self._tree.iter(f"{{*}}{name}"))

    def _require_known_entities(self) -> None:
        version = self._model.get(f"{{{ENTITIES_NS}}}entities-version")
        if version is not None and not version.startswith(KNOWN_ENTITIES_VERSIONS):
            raise UnreadableForm(f"unrecognized entities version {version}")

    @property
    def form_id(self) -> str:
        """The id of the primary instance."""
        return str(self.instance.get("id"))

    @property
    def version(self) -> str | None:
        """The version attribute; None when absent or blank."""
        return self.instance.get("version") or None

    @property
    def title(self) -> str:
        """The h:title; the form id when it has none."""
        titles = [node.text for node in self._find("title") if node.text]
        return str(titles[0]) if titles else self.form_id

    @property
    def offline_entities(self) -> bool:
        """Whether a finalised instance changes the entities on the phone at once."""
        return (self._model.get(f"{{{ENTITIES_NS}}}entities-version") or "").startswith(
            OFFLINE_ENTITIES_VERSIONS
        )

    @property
    def save_tos(self) -> list[tuple[str, str]]:
        """Bind path and entity property of every question that is saved to an entity."""
        binds = [(bind.get("nodeset"), bind.get(f"{{{ENTITIES_NS}}}saveto")) for bind in self._find("bind")]
        return [(str(path), str(name)) for path, name in binds if name]

    @property
    def audit(self) -> dict[str, str] | None:
        """The odk: attributes of the audit bind, without namespace; None when the form keeps no log."""
        for bind in self._find("bind"):
            if str(bind.get("nodeset")).endswith("/meta/audit"):
                return {etree.QName(k).localname: str(v) for k, v in bind.attrib.items() if ODK_NS in str(k)}
        return None


@dataclass
class BlankForm:
    """One installed form version; `hidden` = deleted, but needed by instances that wait to be sent."""

    body: bytes
    media: Path
    hidden: bool = False
    entity_lists: list[str] = field(default_factory=list)

    @cached_property
    def xform(self) -> XForm:
        """The definition, parsed."""
        return XForm(self.body)

    @property
    def form_id(self) -> str:
        """The form id."""
        return self.xform.form_id

    @property
    def version(self) -> str | None:
        """The version; None when it has none."""
        return self.xform.version

    @property
    def md5(self) -> str:
        """MD5 of the bytes as downloaded."""
        return md5_hex(self.body)

    def media_hashes(self) -> set[str]:
        """MD5 of every media file kept as a file; entity lists are not."""
        return {md5_hex(path.read_bytes()) for path in self.media.iterdir()}


class Shelf:
    """The blank forms of one phone, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self.all: list[BlankForm] = []

    def visible(self, form_id: str) -> list[BlankForm]:
        """Versions of a form that the enumerator can open, oldest first."""
        return [form for form in self.all if form.form_id == form_id and not form.hidden]

    def newest(self) -> dict[str, BlankForm]:
        """The newest visible version of each form by form id."""
        return {form.form_id: form for form in self.all if not form.hidden}

    def find_by_md5(self, md5: str) -> BlankForm | None:
        """The form of exactly these bytes, hidden ones included."""
        return next((form for form in self.all if form.md5 == md5), None)

    def new_media_folder(self) -> Path:
        """An empty folder for a form that is being installed."""
        self._made += 1
        folder = self._folder / f"media-{self._made}"
        folder.mkdir(parents=True)
        return folder

    def remove(self, form: BlankForm) -> None:
        """Takes a form off the phone."""
        self.all.remove(form)


def md5_hex(body: bytes) -> str:
    """The MD5 that manifests and form lists state."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
