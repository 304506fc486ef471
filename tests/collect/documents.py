"""The XML documents of OpenRosa as Collect reads them: form list, manifest, integrity, submission answer.

Every reader gives None for a document that Collect would not accept; the caller decides what is shown.
"""

from dataclasses import dataclass

from lxml import etree

LIST_NS = "http://openrosa.org/xforms/xformsList"
MANIFEST_NS = "http://openrosa.org/xforms/xformsManifest"
RESPONSE_NS = "http://openrosa.org/http/response"
ENTITY_TYPES = ("entityList", "approvalEntityList")


@dataclass(frozen=True)
class FormEntry:
    """One form on offer; `hash` is the bare MD5, None when the phone could not download the form."""

    form_id: str
    name: str
    version: str | None
    hash: str | None
    download_url: str
    manifest_url: str | None


@dataclass(frozen=True)
class MediaEntry:
    """One line of a manifest; `hash` without its first four characters, as Collect cuts blindly."""

    filename: str
    hash: str
    download_url: str
    integrity_url: str | None
    type: str | None

    @property
    def is_entity_list(self) -> bool:
        """Whether the file is a list of entities, kept in the entity store and not as a file."""
        return self.type is not None

    @property
    def list_name(self) -> str:
        """The entity list that the file is named after."""
        return self.filename.split(".csv", 1)[0]


def read_form_list(body: bytes) -> list[FormEntry] | None:
    """The forms on offer; None when the root is wrong or one entry lacks formID, name or downloadUrl."""
    root = _root(body, "xforms", LIST_NS)
    if root is None:
        return None
    entries = [_form_entry(_texts(node, LIST_NS)) for node in root if node.tag == f"{{{LIST_NS}}}xform"]
    complete = [entry for entry in entries if entry is not None]
    return complete if len(complete) == len(entries) else None


def _form_entry(texts: dict[str, str]) -> FormEntry | None:
    form_id, name, url = (texts.get(key) for key in ("formID", "name", "downloadUrl"))
    if not (form_id and name and url):
        return None
    md5 = texts.get("hash", "")
    version = texts.get("version") or None
    return FormEntry(
        form_id,
        name,
        version,
        md5[4:] if md5.startswith("md5:") else None,
        url,
        texts.get("manifestUrl") or None,
    )


def read_manifest(body: bytes) -> list[MediaEntry] | None:
    """The media of a form; None when the root is wrong or one entry lacks filename, hash or downloadUrl."""
    root = _root(body, "manifest", MANIFEST_NS)
    if root is None:
        return None
    files = []
    for node in root:
        if node.tag != f"{{{MANIFEST_NS}}}mediaFile":
            continue
        texts = _texts(node, MANIFEST_NS)
        if not all(texts.get(key) for key in ("filename", "hash", "downloadUrl")):
            return None
        files.append(_media_entry(texts, node.get("type")))
    return files


def _media_entry(texts: dict[str, str], kind: str | None) -> MediaEntry:
    return MediaEntry(
        filename=texts["filename"].rsplit("/", 1)[-1],
        hash=texts["hash"][4:],
        download_url=texts["downloadUrl"],
        integrity_url=texts.get("integrityUrl") or None,
        type=kind if kind in ENTITY_TYPES else None,
    )


def read_integrity(body: bytes) -> dict[str, bool] | None:
    """Entity id to whether it is deleted on the server; None when the document cannot be read."""
    root = _root(body, "data", None)
    if root is None or len(root) == 0 or root[0].tag != "entities":
        return None
    states = {}
    for node in root[0]:
        if node.get("id") is None or len(node) == 0 or node[0].tag != "deleted":
            return None
        states[str(node.get("id"))] = node[0].text == "true"
    return states


def read_message(body: bytes) -> str | None:
    """The text of an OpenRosaResponse; None when the body is something else or the text is blank."""
    root = _root(body, "OpenRosaResponse", RESPONSE_NS)
    message = root.find(f"{{{RESPONSE_NS}}}message") if root is not None else None
    text = "" if message is None else (message.text or "").strip()
    return text or None


def _root(body: bytes, name: str, namespace: str | None) -> etree._Element | None:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    return root if root.tag == (f"{{{namespace}}}{name}" if namespace else name) else None


def _texts(node: etree._Element, namespace: str) -> dict[str, str]:
    children = [child for child in node if isinstance(child.tag, str)]
    named = [(etree.QName(child), child) for child in children]
    return {
        name.localname: (child.text or "").strip() for name, child in named if name.namespace == namespace
    }
