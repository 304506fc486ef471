"""The documents that phones read: form list, manifest, integrity, response, and the settings code.

Belongs here: their exact text, header names and namespaces. Does not: who may see what, addresses, HTTP
(server).
Source: OpenRosa Form Discovery, Form Submission and Response specifications; ODK Collect's settings format.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

VERSION_HEADER = "X-OpenRosa-Version"
VERSION = "1.0"
ACCEPT_LENGTH_HEADER = "X-OpenRosa-Accept-Content-Length"
ACCEPT_LENGTH_BYTES = 100_000_000
CONTENT_TYPE = "text/xml; charset=utf-8"

LIST_NAMESPACE = "http://openrosa.org/xforms/xformsList"
MANIFEST_NAMESPACE = "http://openrosa.org/xforms/xformsManifest"
RESPONSE_NAMESPACE = "http://openrosa.org/http/response"

# Collect compares this text and shows its own translation of "success" for it.
SUCCESS_MESSAGE = "full submission upload was successful!"
NATURE_SUCCESS = ""
NATURE_ERROR = "error"

ENTITY_LIST = "entityList"
APPROVAL_ENTITY_LIST = "approvalEntityList"

# In an address, this stands for the empty version.
EMPTY_VERSION = "___"
MAX_QR_CHARACTERS = 4000

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class FormListEntry:
    """One form of a form list. md5: lower-case hex of the exact bytes behind download_url, without 'md5:'."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str | None = None


@dataclass(frozen=True)
class ManifestEntry:
    """One file of a manifest. type: None for plain files, else ENTITY_LIST or APPROVAL_ENTITY_LIST."""

    filename: str
    md5: str
    download_url: str
    type: str | None = None
    integrity_url: str | None = None


@dataclass(frozen=True)
class IntegrityState:
    """Whether an entity, named by its bare uuid, is deleted or hidden from the caller."""

    entity_id: str
    deleted: bool


def render_form_list(entries: Iterable[FormListEntry]) -> bytes:
    """The form list in the order given; name falls back to the form id."""
    return _document("xforms", LIST_NAMESPACE, [_form(entry) for entry in entries])


def render_manifest(entries: Iterable[ManifestEntry]) -> bytes:
    """The manifest in the order given."""
    return _document("manifest", MANIFEST_NAMESPACE, [_media_file(entry) for entry in entries])


def render_integrity(states: Iterable[IntegrityState]) -> bytes:
    """The states of entities; unknown entities are simply not given."""
    lines = [_entity(state) for state in states]
    body = f"  <entities>\n{''.join(lines)}  </entities>\n" if lines else "  <entities/>\n"
    return f"{_DECLARATION}<data>\n{body}</data>\n".encode()


def render_response(message: str, nature: str = NATURE_SUCCESS) -> bytes:
    """An OpenRosaResponse; the message is shown to the enumerator as it stands, but for SUCCESS_MESSAGE."""
    return (
        f'<OpenRosaResponse xmlns="{RESPONSE_NAMESPACE}" items="0">'
        f"<message nature={quoteattr(nature)}>{_text(message)}</message></OpenRosaResponse>"
    ).encode()


def encode_segment(text: str) -> str:
    """A path segment percent-encoded as JavaScript's encodeURIComponent does it: '/' is %2F, ! ' ( ) *
    stay.
    """
    return quote(text, safe="!'()*~")


def settings_qr_text(settings: Mapping[str, Any]) -> str:
    """The text of Collect's settings code: JSON, deflated, Base64.

    Raises: ValueError when 'general' or 'admin' is missing or the text is longer than Collect takes.
    """
    for key in ("general", "admin"):
        if not isinstance(settings.get(key), Mapping):
            raise ValueError(f"settings for Collect need an object '{key}', even an empty one")
    data = json.dumps(settings, ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.b64encode(zlib.compress(data, 9)).decode("ascii")
    if len(text) > MAX_QR_CHARACTERS:
        raise ValueError(
            f"the settings code would have {len(text)} characters, Collect takes {MAX_QR_CHARACTERS}"
        )
    return text


def _document(name: str, namespace: str, parts: list[str]) -> bytes:
    if not parts:
        return f'{_DECLARATION}<{name} xmlns="{namespace}"></{name}>\n'.encode()
    return f'{_DECLARATION}<{name} xmlns="{namespace}">\n{"".join(parts)}</{name}>\n'.encode()


def _entity(state: IntegrityState) -> str:
    deleted = "true" if state.deleted else "false"
    return f"    <entity id={quoteattr(state.entity_id)}><deleted>{deleted}</deleted></entity>\n"


def _form(entry: FormListEntry) -> str:
    children = [
        ("formID", entry.form_id),
        ("name", entry.name.strip() or entry.form_id),
        ("version", entry.version),
        ("hash", f"md5:{entry.md5}"),
        ("downloadUrl", entry.download_url),
        ("manifestUrl", entry.manifest_url),
    ]
    return f"  <xform>\n{_children(children)}  </xform>\n"


def _media_file(entry: ManifestEntry) -> str:
    children = [
        ("filename", entry.filename),
        ("hash", f"md5:{entry.md5}"),
        ("downloadUrl", entry.download_url),
        ("integrityUrl", entry.integrity_url),
    ]
    attribute = f" type={quoteattr(entry.type)}" if entry.type else ""
    return f"  <mediaFile{attribute}>\n{_children(children)}  </mediaFile>\n"


def _children(children: list[tuple[str, str | None]]) -> str:
    return "".join(f"    <{name}>{_text(text)}</{name}>\n" for name, text in children if text is not None)


def _text(text: str) -> str:
    """Escaped for an element; characters that XML has no place for are dropped."""
    return escape(_NOT_XML.sub("", text))
