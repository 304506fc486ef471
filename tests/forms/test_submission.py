from datetime import date
from decimal import Decimal

import pytest

from forms.errors import MissingFieldError, SubmissionError
from forms.submission import (
    MAX_SUBMISSION_BYTES,
    Envelope,
    ExpectedFile,
    Leaf,
    SubmissionDocument,
    expected_attachments,
    iter_leaves,
    parse_submission,
    read_envelope,
)
from forms.values import GeoPoint, Unreadable
from tests.forms.xforms import VISIT, definition_of

FORM = definition_of(VISIT)


def data(inner: str, attributes: str = 'id="kunjungan" version="2026101201"') -> bytes:
    return f"<data {attributes}>{inner}</data>".encode()


META = "<meta><instanceID>uuid:1</instanceID></meta>"


def test_envelope_of_an_ordinary_submission():
    xml = data(
        "<meta><audit>audit.csv</audit><instanceID>uuid:2</instanceID><deprecatedID>uuid:1</deprecatedID>"
        "<instanceName>Sutrisno &amp; anak</instanceName></meta>"
    )
    assert read_envelope(xml) == Envelope(
        "kunjungan", "2026101201", "uuid:2", "uuid:1", "Sutrisno & anak", False, ()
    )


@pytest.mark.parametrize(
    "xml",
    [
        b'<x:kebun xmlns:x="http://example.id" id="f" version="1"><meta><instanceID>i</instanceID></meta></x:kebun>',
        b'<data xmlns:orx="http://openrosa.org/xforms" id="f" orx:version="1"><orx:meta><orx:instanceID>i'
        b"</orx:instanceID></orx:meta></data>",
        b'<data id="f" orx:version="1"><orx:meta><orx:instanceID>i</orx:instanceID></orx:meta></data>',
        b'<data id="f" version="1"><instanceID>i</instanceID></data>',
        b'<?xml version="1.0"?><!-- c --><data id="f" version="1"><meta/><meta><instanceID>i</instanceID></meta></data>',
        '<data id="f" version="1"><meta><instanceID>i</instanceID></meta></data>'.encode("utf-16"),
    ],
)
def test_root_prefixes_and_places_do_not_matter(xml):
    assert read_envelope(xml) == Envelope("f", "1", "i")


def test_escapes_in_id_and_version_are_decoded():
    envelope = read_envelope(data(META, 'id="a&amp;b" version="&lt;1&gt;"'))
    assert (envelope.form_id, envelope.version) == ("a&b", "<1>")


def test_missing_version_is_empty_and_blank_ids_are_none():
    envelope = read_envelope(data("<meta><instanceID> </instanceID><instanceName/></meta>", 'id="f"'))
    assert envelope == Envelope("f", "", None)


def test_spaces_around_an_instance_id_are_kept():
    assert read_envelope(data("<meta><instanceID> uuid:1 </instanceID></meta>")).instance_id == " uuid:1 "


@pytest.mark.parametrize("attributes", ["", 'id=""', 'id="  "', 'x:id="f"'])
def test_a_missing_form_id_is_named(attributes):
    with pytest.raises(MissingFieldError) as caught:
        read_envelope(data(META, attributes))
    assert caught.value.field == "id"


def test_an_instance_id_attribute_does_not_count():
    assert read_envelope(data("", 'id="f" instanceID="uuid:1"')).instance_id is None


def test_encrypted_envelope_keeps_the_order_of_files():
    xml = (
        b'<data xmlns="http://opendatakit.org/submissions" id="f" version="1" encrypted="yes">'
        b"<base64EncryptedKey>k</base64EncryptedKey>"
        b'<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:1</orx:instanceID></orx:meta>'
        b"<media><file>b.jpg.enc</file><file>a.jpg.enc</file></media><media><file> c.jpg.enc </file></media>"
        b"<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    envelope = read_envelope(xml)
    names = ("b.jpg.enc", "a.jpg.enc", "c.jpg.enc", "submission.xml.enc")
    assert (envelope.encrypted, envelope.instance_id, envelope.encrypted_files) == (True, "uuid:1", names)
    assert [item.name for item in expected_attachments(xml, FORM)] == list(names)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<data id='f'>",
        b"<data id='f'><a></data>",
        b"<!DOCTYPE data [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><data id='f'>&x;</data>",
        b"<data id='f'>" + b"<a>" * 300 + b"</a>" * 300 + b"</data>",
        b"<data id='f'>" + b" " * MAX_SUBMISSION_BYTES + b"</data>",
    ],
)
def test_broken_hostile_and_huge_xml_is_refused(xml):
    with pytest.raises(SubmissionError):
        SubmissionDocument(xml)


def test_answers_are_typed():
    answers = parse_submission(
        data(
            "<g_aset><jml_mobil>2</jml_mobil><luas>0.50</luas><kerja>tani asn</kerja><utama> asn </utama></g_aset>"
            "<titik>-7.1 112.3 10 4.5</titik><foto> 1.jpg </foto>"
        ),
        FORM,
    )
    assert answers.root.values == {
        "/g_aset/jml_mobil": 2,
        "/g_aset/luas": Decimal("0.50"),
        "/g_aset/kerja": frozenset({"asn", "tani"}),
        "/g_aset/utama": "asn",
        "/titik": GeoPoint(-7.1, 112.3, 10.0, 4.5),
        "/foto": "1.jpg",
    }
    assert answers.get("/g_aset/jml_mobil") == 2
    assert answers.text("/g_aset/utama") == "asn"


def test_not_asked_differs_from_empty():
    answers = parse_submission(data("<g_aset><jml_mobil/><luas> \n </luas></g_aset><titik/>"), FORM)
    assert answers.root.values == {}
    assert answers.root.present == {"", "/g_aset", "/g_aset/jml_mobil", "/g_aset/luas", "/titik"}
    assert parse_submission(data(""), FORM).root.present == {""}


def test_repeats_become_rows_that_hold_their_own_repeats():
    answers = parse_submission(
        data(
            "<art><nama>Siti</nama><obat><obat_nama>A</obat_nama></obat><obat/></art>"
            "<art><lahir>2020-01-02</lahir></art>"
        ),
        FORM,
    )
    first, second = answers.root.repeats["/art"]
    assert (first.path, first.index, first.values) == ("/art", 0, {"/art/nama": "Siti"})
    assert (second.index, second.values) == (1, {"/art/lahir": date(2020, 1, 2)})
    assert first.present == {"/art", "/art/nama", "/art/obat"}
    assert [row.values for row in first.repeats["/art/obat"]] == [{"/art/obat/obat_nama": "A"}, {}]
    assert second.repeats == {}
    assert answers.root.present == {"", "/art"}
    assert answers.get("/art/nama") is None


def test_repeats_of_one_path_need_not_stand_together():
    answers = parse_submission(data("<art><nama>A</nama></art><titik/><art><nama>B</nama></art>"), FORM)
    assert [row.values["/art/nama"] for row in answers.root.repeats["/art"]] == ["A", "B"]


def test_a_template_that_a_client_sends_is_no_row():
    xml = b'<data id="f" xmlns:jr="http://openrosa.org/javarosa"><art jr:template=""><nama>x</nama></art><art/></data>'
    assert len(parse_submission(xml, FORM).root.repeats["/art"]) == 1


def test_unknown_nodes_are_passed_over_and_unreadable_texts_kept():
    answers = parse_submission(
        data("<baru><x>1</x></baru><g_aset><jml_mobil>dua</jml_mobil><lama>1</lama></g_aset>"), FORM
    )
    assert answers.root.values == {"/g_aset/jml_mobil": Unreadable("dua")}
    assert answers.root.present == {"", "/g_aset", "/g_aset/jml_mobil"}


def test_whitespace_in_texts_is_kept():
    answers = parse_submission(data("<art><nama>  Siti \n Aminah </nama></art>"), FORM)
    assert answers.root.repeats["/art"][0].values["/art/nama"] == "  Siti \n Aminah "


def test_of_a_leaf_sent_twice_the_first_text_counts():
    assert parse_submission(data("<foto/><foto>a.jpg</foto><foto>b.jpg</foto>"), FORM).get("/foto") == "a.jpg"


def test_expected_files_are_trimmed_unique_and_know_what_they_are():
    xml = data(
        "<art><kartu>k.jpg</kartu></art><art><kartu/></art><art><kartu> k2.jpg\n</kartu></art>"
        "<foto>f.jpg</foto><meta><audit>audit.csv</audit></meta>"
    )
    assert expected_attachments(xml, FORM) == (
        ExpectedFile("k.jpg", "/art/kartu", True, "image"),
        ExpectedFile("k2.jpg", "/art/kartu", True, "image"),
        ExpectedFile("f.jpg", "/foto", False, "image"),
        ExpectedFile("audit.csv", "/meta/audit", False, "file"),
    )


@pytest.mark.parametrize(
    "order",
    [
        "<foto>x.jpg</foto><art><kartu>x.jpg</kartu></art>",
        "<art><kartu>x.jpg</kartu></art><foto>x.jpg</foto>",
    ],
)
def test_a_file_named_by_a_sensitive_question_too_is_sensitive(order):
    (item,) = expected_attachments(data(order), FORM)
    assert (item.name, item.sensitive) == ("x.jpg", True)


def test_an_audit_log_is_expected_even_if_the_form_does_not_declare_it():
    xml = data("<orx:meta><orx:audit>audit.csv</orx:audit></orx:meta>")
    assert [item.name for item in expected_attachments(xml, FORM)] == ["audit.csv"]


def test_leaves_say_which_rows_they_stand_in():
    document = SubmissionDocument(
        data(
            "<g_aset><luas>1</luas></g_aset><art><nama>A</nama></art><art><obat><obat_nama>B</obat_nama></obat></art><baru>x</baru><foto/>"
        )
    )
    assert list(iter_leaves(document, FORM)) == [
        Leaf("/g_aset/luas", (), "1"),
        Leaf("/art/nama", (0,), "A"),
        Leaf("/art/obat/obat_nama", (1, 0), "B"),
        Leaf("/baru", (), "x"),
        Leaf("/foto", (), ""),
    ]
