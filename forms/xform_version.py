"""An XForm under another version, every other byte the same.

Belongs here: rewrite_version. Does not: deciding when (server).
"""

import re
from xml.parsers import expat
from xml.sax.saxutils import escape

from forms.errors import ConversionError, FormError
from forms.xform_model import Model
from forms.xml import UnreadableXmlError, find_attribute, local_name, parse_xml

_ATTRIBUTE = re.compile(rb"\s+([^\s=/>]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ESCAPES = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
_TAG_NAME = re.compile(rb"<[^\s/>]+")


def rewrite_version(xform: bytes, version: str) -> bytes:
    """A copy of the XForm whose primary instance has this version; nothing else changes, so neither does
    layout.

    Raises: NotAFormError when the bytes are no XForm; ConversionError when the version holds characters that
    XML has no place for, or the document is in an encoding that is no superset of ASCII (UTF-16).
    """
    Model(xform)
    start = _root_offset(xform)
    tag_end = _end_of_tag(xform, start)
    changed = xform[:start] + _with_version(xform[start:tag_end], version) + xform[tag_end:]
    try:
        parse_xml(changed)
        written = find_attribute(Model(changed).root, "version")
    except (UnreadableXmlError, FormError):
        written = None
    if written != version:
        raise ConversionError(f"the version '{version}' cannot be written into this form")
    return changed


def _root_offset(xform: bytes) -> int:
    """Byte offset of the start tag of the primary instance's root."""
    parser = expat.ParserCreate()
    path: list[str] = []
    found: list[int] = []

    def start(name: str, attributes: object) -> None:
        if not found and path[-2:] == ["model", "instance"]:
            found.append(parser.CurrentByteIndex)
        path.append(local_name(name))

    def end(name: str) -> None:
        path.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xform, True)
    if not found or xform[found[0] : found[0] + 1] != b"<":
        raise ConversionError("the version of a form in this encoding cannot be changed; save it as UTF-8")
    return found[0]


def _end_of_tag(xform: bytes, start: int) -> int:
    """Offset behind the attributes of the tag that starts there, before '>' or '/>'."""
    name = _TAG_NAME.match(xform, start)
    position = name.end() if name else start
    while match := _ATTRIBUTE.match(xform, position):
        position = match.end()
    return position


def _with_version(tag: bytes, version: str) -> bytes:
    escaped = escape(version, _ESCAPES).encode("utf-8", "replace")
    value = b'"' + escaped + b'"'
    matches = [
        match for match in _ATTRIBUTE.finditer(tag) if match.group(1).rpartition(b":")[2] == b"version"
    ]
    if not matches:
        return tag + b" version=" + value
    plain = [match for match in matches if match.group(1) == b"version"]
    chosen = (plain or matches)[0]
    return tag[: chosen.start(2)] + value + tag[chosen.end(2) :]
