import pytest

from forms.xml import UnreadableXmlError, find_attribute, local_name, parse_xml

LAUGHS = (
    '<!DOCTYPE lol [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + "]><lol>&m;</lol>"
).encode()


def test_a_billion_laughs_are_refused_at_once():
    with pytest.raises(UnreadableXmlError):
        parse_xml(LAUGHS, undeclared_prefixes=True)


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>',
        b"<!DOCTYPE a>",
        b"<?xml version='1.0'?><!-- c --><!DOCTYPE a []>",
    ],
)
@pytest.mark.parametrize("content", [b"<a>&x;</a>", b"<a/>"])
def test_every_dtd_is_refused(prolog, content):
    with pytest.raises(UnreadableXmlError):
        parse_xml(prolog + content, undeclared_prefixes=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"\xff\xd8\xff\xe0jpeg",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&nbsp;</a>",
        b"<a>&#0;</a>",
        b"<a>\x00</a>",
        b"<a>\xff\xfe</a>",
        b"<a x='1' x='2'/>",
        b"<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
        b"<a x=1/>",
        b"<a>1 < 2</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_what_is_not_well_formed_is_refused(data):
    with pytest.raises(UnreadableXmlError):
        parse_xml(data, undeclared_prefixes=True)


def test_a_fault_behind_hundreds_of_undeclared_prefixes_is_still_found():
    many = b"<a>" + b"<orx:x/>" * 3000
    assert len(parse_xml(many + b"</a>", undeclared_prefixes=True)) == 3000
    with pytest.raises(UnreadableXmlError):
        parse_xml(many, undeclared_prefixes=True)
    with pytest.raises(UnreadableXmlError):
        parse_xml(many + b"<b></c></a>", undeclared_prefixes=True)


def test_an_undeclared_prefix_is_taken_only_where_asked_for():
    assert parse_xml(b"<a><orx:b/></a>", undeclared_prefixes=True)[0].tag == "orx:b"
    with pytest.raises(UnreadableXmlError, match="orx"):
        parse_xml(b"<a><orx:b/></a>")


def test_nesting_deeper_than_256_is_refused():
    assert parse_xml(b"<a>" * 200 + b"</a>" * 200).tag == "a"
    with pytest.raises(UnreadableXmlError, match="depth"):
        parse_xml(b"<a>" * 5000 + b"</a>" * 5000)


def test_size_is_limited_before_parsing():
    with pytest.raises(UnreadableXmlError, match="larger than 1 MB"):
        parse_xml(b"<" * (1024 * 1024 + 1), max_bytes=1024 * 1024)


def test_comments_and_instructions_are_no_nodes_and_do_not_cut_text():
    root = parse_xml(b"<a>x<!-- c -->y<?p i?><b/></a>")
    assert root.text == "xy"
    assert [child.tag for child in root] == ["b"]


@pytest.mark.parametrize(
    "data", ["<a>é</a>".encode("utf-16"), b"\xef\xbb\xbf<a>\xc3\xa9</a>", b"<a>&#233;</a>"]
)
def test_encodings_that_xml_knows_are_read(data):
    assert parse_xml(data).text == "é"


@pytest.mark.parametrize("tag", ["{http://openrosa.org/xforms}meta", "orx:meta", "meta"])
def test_local_name_drops_namespace_and_prefix(tag):
    assert local_name(tag) == "meta"


def test_an_attribute_without_namespace_wins():
    root = parse_xml(b"<a xmlns:o='u' o:version='1' version='2'/>")
    assert find_attribute(root, "version") == "2"
    assert find_attribute(parse_xml(b"<a xmlns:o='u' o:version='1'/>"), "version") == "1"
    assert find_attribute(root, "id") is None
