import base64
import json
import zlib

import pytest
from lxml import etree

from forms.openrosa import (
    ENTITY_LIST,
    SUCCESS_MESSAGE,
    FormListEntry,
    IntegrityState,
    ManifestEntry,
    encode_segment,
    render_form_list,
    render_integrity,
    render_manifest,
    render_response,
    settings_qr_text,
)

BASE = "https://data.example.id/v1/key/TOKEN/projects/4"


def test_form_list_to_the_byte():
    entry = FormListEntry(
        "pendataan_kebun",
        "Pendataan kebun & batas lahan",
        "2026101201",
        "6b1f0a1e27c03ab5cf2e1d4ce0c7c1f4",
        f"{BASE}/forms/pendataan_kebun.xml",
        f"{BASE}/forms/pendataan_kebun/manifest",
    )
    assert (
        render_form_list([entry]).decode()
        == f"""<?xml version="1.0" encoding="UTF-8"?>
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>pendataan_kebun</formID>
    <name>Pendataan kebun &amp; batas lahan</name>
    <version>2026101201</version>
    <hash>md5:6b1f0a1e27c03ab5cf2e1d4ce0c7c1f4</hash>
    <downloadUrl>{BASE}/forms/pendataan_kebun.xml</downloadUrl>
    <manifestUrl>{BASE}/forms/pendataan_kebun/manifest</manifestUrl>
  </xform>
</xforms>
"""
    )


def test_form_list_without_title_version_and_media():
    text = render_form_list([FormListEntry("f", " ", "", "0" * 32, "u")]).decode()
    assert "<name>f</name>" in text
    assert "<version></version>" in text
    assert "manifestUrl" not in text


@pytest.mark.parametrize(
    ("document", "root"),
    [
        (render_form_list([]), "{http://openrosa.org/xforms/xformsList}xforms"),
        (render_manifest([]), "{http://openrosa.org/xforms/xformsManifest}manifest"),
    ],
)
def test_empty_lists_are_an_empty_root(document, root):
    element = etree.fromstring(document)
    assert (element.tag, len(element)) == (root, 0)


def test_manifest_to_the_byte():
    entries = [
        ManifestEntry("panduan.jpg", "0f343b0931126a20f133d67c2b018a3b", f"{BASE}/a/panduan.jpg"),
        ManifestEntry(
            "petani.csv",
            "5d41402abc4b2a76b9719d911017c592",
            f"{BASE}/a/petani.csv",
            ENTITY_LIST,
            f"{BASE}/datasets/petani/integrity",
        ),
    ]
    assert (
        render_manifest(entries).decode()
        == f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="http://openrosa.org/xforms/xformsManifest">
  <mediaFile>
    <filename>panduan.jpg</filename>
    <hash>md5:0f343b0931126a20f133d67c2b018a3b</hash>
    <downloadUrl>{BASE}/a/panduan.jpg</downloadUrl>
  </mediaFile>
  <mediaFile type="entityList">
    <filename>petani.csv</filename>
    <hash>md5:5d41402abc4b2a76b9719d911017c592</hash>
    <downloadUrl>{BASE}/a/petani.csv</downloadUrl>
    <integrityUrl>{BASE}/datasets/petani/integrity</integrityUrl>
  </mediaFile>
</manifest>
"""
    )


def test_integrity_to_the_byte():
    states = [IntegrityState("7c9a", False), IntegrityState("b1d3", True)]
    assert (
        render_integrity(states).decode()
        == """<?xml version="1.0" encoding="UTF-8"?>
<data>
  <entities>
    <entity id="7c9a"><deleted>false</deleted></entity>
    <entity id="b1d3"><deleted>true</deleted></entity>
  </entities>
</data>
"""
    )
    empty = etree.fromstring(render_integrity([]))
    assert [child.tag for child in empty] == ["entities"]


def test_responses_to_the_byte():
    assert render_response(SUCCESS_MESSAGE).decode() == (
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0"><message nature="">'
        "full submission upload was successful!</message></OpenRosaResponse>"
    )
    assert b'<message nature="error">a &lt; b &amp; c</message>' in render_response("a < b & c", "error")


def test_characters_that_xml_lacks_cannot_break_a_document():
    name = "a\x00\x0b\ud800\uffffb😀"
    root = etree.fromstring(render_response(name))
    assert root[0].text == "ab😀"
    assert (
        etree.fromstring(render_form_list([FormListEntry(name, name, name, "0", "u")]))[0][0].text == "ab😀"
    )


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a b/c", "a%20b%2Fc"),
        ("!'()*-._~", "!'()*-._~"),
        ("é😀", "%C3%A9%F0%9F%98%80"),
        ("a:b?c#d&e=f+g,h;i@j$k%", "a%3Ab%3Fc%23d%26e%3Df%2Bg%2Ch%3Bi%40j%24k%25"),
    ],
)
def test_segments_are_encoded_as_javascript_does(text, encoded):
    assert encode_segment(text) == encoded


def test_settings_text_is_deflated_json():
    settings = {"general": {"server_url": BASE}, "project": {"icon": "🌱"}, "admin": {}}
    text = settings_qr_text(settings)
    assert "\n" not in text
    assert json.loads(zlib.decompress(base64.b64decode(text))) == settings


@pytest.mark.parametrize("settings", [{"general": {}}, {"admin": {}}, {"general": {}, "admin": None}])
def test_settings_without_both_objects_are_refused(settings):
    with pytest.raises(ValueError, match="need an object"):
        settings_qr_text(settings)


def test_settings_that_collect_would_refuse_for_length_are_refused():
    noise = "".join(chr(33 + (index * index) % 9000) for index in range(9000))
    with pytest.raises(ValueError, match="4000"):
        settings_qr_text({"general": {"x": noise}, "admin": {}})
