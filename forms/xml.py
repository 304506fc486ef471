"""Reading XML that strangers send: one parser for the package, and the few steps on trees that its modules
share.

Belongs here: parsing with limits, local names, namespaces. Does not: what any element means.
"""

from functools import lru_cache

from lxml import etree

JAVAROSA = "http://openrosa.org/javarosa"
OPENROSA_XFORMS = "http://openrosa.org/xforms"
ODK_XFORMS = "http://www.opendatakit.org/xforms"
ENTITIES = "http://www.opendatakit.org/xforms/entities"
XHTML = "http://www.w3.org/1999/xhtml"
XFORMS = "http://www.w3.org/2002/xforms"
SISIR = "https://sisir.id/xforms"

MAX_XML_BYTES = 32 * 1024 * 1024

# Not fatal to the parser, but two attributes of one name leave open which one counts.
_AMBIGUOUS = {etree.ErrorTypes.NS_ERR_ATTRIBUTE_REDEFINED}


class UnreadableXmlError(ValueError):
    """The bytes are no XML that this package reads; the message says why in a few words."""


def parse_xml(
    data: bytes, *, max_bytes: int = MAX_XML_BYTES, undeclared_prefixes: bool = False
) -> etree._Element:
    """The root element of a document, without comments and processing instructions.

    undeclared_prefixes: take a prefix without a declaration, as old phones send; the name then keeps its
    prefix ('orx:meta', see local_name). No DTD, no entity of its own, nothing fetched; deeper than 256
    elements or a text over 10 MB is refused by the parser.

    Raises: UnreadableXmlError.
    """
    if len(data) > max_bytes:
        raise UnreadableXmlError(f"the XML is larger than {max_bytes // 1024 // 1024} MB")
    # The recovering mode alone goes on after an undeclared prefix; every other error is refused below by its
    # log.
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableXmlError(f"not well-formed XML: {error}") from error
    _refuse_errors(parser, root, undeclared_prefixes)
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableXmlError("the XML has a DTD (DOCTYPE), which is not allowed")
    return root


def _refuse_errors(parser: etree.XMLParser, root: etree._Element | None, undeclared_prefixes: bool) -> None:
    for entry in parser.error_log:
        undeclared = entry.type == etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE
        if undeclared and undeclared_prefixes:
            continue
        if entry.level == etree.ErrorLevels.FATAL or undeclared or entry.type in _AMBIGUOUS:
            raise UnreadableXmlError(f"not well-formed XML: {entry.message.strip()} (line {entry.line})")
    if root is None:
        raise UnreadableXmlError("the XML is empty")


@lru_cache(maxsize=4096)
def local_name(tag: str) -> str:
    """A tag or attribute name without its namespace, and without a prefix that was never declared."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def find_attribute(element: etree._Element, name: str) -> str | None:
    """The attribute of that local name, whatever its namespace; the one without namespace wins. None if
    absent.
    """
    plain = element.get(name)
    if plain is not None:
        return plain
    for key, value in element.items():
        if local_name(str(key)) == name:
            return str(value)
    return None


def find_child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child element of that local name, or None."""
    for child in element:
        if local_name(child.tag) == name:
            return child
    return None


def text_of(element: etree._Element | None) -> str:
    """The text directly inside an element, '' for None or none."""
    return (element.text or "") if element is not None else ""
