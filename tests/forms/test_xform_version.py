import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.errors import ConversionError, NotAFormError
from forms.xform import read_definition
from forms.xform_version import rewrite_version
from tests.forms.xforms import HANDWRITTEN, VISIT, xform_of


def test_only_the_version_changes():
    old = xform_of(VISIT)
    new = rewrite_version(old, "2")
    assert new == old.replace(b'version="2026101201"', b'version="2"')


def test_a_namespaced_version_is_the_one_that_changes():
    new = rewrite_version(HANDWRITTEN, "8")
    assert new == HANDWRITTEN.replace(b'orx:version="7"', b'orx:version="8"')


def test_a_missing_version_is_added():
    old = HANDWRITTEN.replace(b' orx:version="7"', b"")
    new = rewrite_version(old, "baru")
    assert read_definition(new).version == "baru"
    assert new.replace(b' version="baru"', b"") == old


def test_single_quotes_spaces_and_look_alikes_do_not_confuse():
    old = HANDWRITTEN.replace(
        b'id="pohon" orx:version="7"', b"""title=' version="x" > ' id='pohon'\n  orx:version =  '7'"""
    )
    new = rewrite_version(old, "8")
    assert read_definition(new).version == "8"
    assert new == old.replace(b"'7'", b'"8"')


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
)
def test_any_printable_version_is_read_back(version):
    assert read_definition(rewrite_version(HANDWRITTEN, version)).version == version


@pytest.mark.parametrize("version", ["a\x00", "\x0b", "\ud800"])
def test_characters_that_xml_lacks_are_refused(version):
    with pytest.raises(ConversionError):
        rewrite_version(HANDWRITTEN, version)


def test_a_form_in_utf16_is_refused_and_no_form_too():
    text = HANDWRITTEN.decode().replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')
    with pytest.raises(ConversionError):
        rewrite_version(text.encode("utf-16"), "2")
    with pytest.raises(NotAFormError):
        rewrite_version(b"<data/>", "2")
