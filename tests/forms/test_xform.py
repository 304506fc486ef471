import pytest

from forms.definition import Choice, MediaSlot
from forms.errors import NotAFormError, Reason
from forms.xform import read_definition
from tests.forms.xforms import HANDWRITTEN, VISIT, definition_of, field_of, survey

ID, EN = "Bahasa Indonesia (id)", "English (en)"


def test_identity_of_a_form():
    form = definition_of(VISIT)
    assert (form.form_id, form.version, form.title, form.root) == (
        "kunjungan",
        "2026101201",
        "Kunjungan",
        "data",
    )
    assert (form.languages, form.default_language) == ((ID, EN), ID)
    assert not form.encrypted
    assert not form.instance_name


def test_fields_stand_in_document_order_and_repeats_once():
    paths = [field.path for field in definition_of(VISIT).fields]
    assert paths == [
        "/mulai",
        "/titik_mulai",
        "/keluarga",
        "/g_aset",
        "/g_aset/jml_mobil",
        "/g_aset/luas",
        "/g_aset/kerja",
        "/g_aset/utama",
        "/art",
        "/art/nama",
        "/art/nik",
        "/art/lahir",
        "/art/obat",
        "/art/obat/obat_nama",
        "/art/kartu",
        "/titik",
        "/foto",
        "/selesai",
        "/skor",
        "/meta",
        "/meta/audit",
        "/meta/instanceID",
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/g_aset", "structure"),
        ("/art", "repeat"),
        ("/art/obat", "repeat"),
        ("/g_aset/jml_mobil", "int"),
        ("/g_aset/luas", "decimal"),
        ("/art/lahir", "date"),
        ("/titik", "geopoint"),
        ("/foto", "binary"),
        ("/selesai", "dateTime"),
        ("/meta/audit", "binary"),
    ],
)
def test_types(path, kind):
    assert field_of(VISIT, path).type == kind


def test_nearest_repeat_of_a_field():
    assert field_of(VISIT, "/titik").repeat is None
    assert field_of(VISIT, "/art").repeat is None
    assert field_of(VISIT, "/art/nama").repeat == "/art"
    assert field_of(VISIT, "/art/obat").repeat == "/art"
    assert field_of(VISIT, "/art/obat/obat_nama").repeat == "/art/obat"


def test_selects_name_their_lists():
    several, one, outside = (
        field_of(VISIT, path) for path in ("/g_aset/kerja", "/g_aset/utama", "/keluarga")
    )
    assert (several.select, several.choices, several.external) == ("multiple", "kerja", False)
    assert (one.select, one.choices, one.external) == ("one", "kerja", False)
    assert (outside.select, outside.choices, outside.external) == ("one", "keluarga", True)
    assert field_of(VISIT, "/art/nama").select is None


def test_choices_have_labels_in_every_language():
    assert definition_of(VISIT).choices == {
        "kerja": (
            Choice("asn", {ID: "ASN", EN: "Civil servant"}),
            Choice("tani", {ID: "Petani", EN: "Farmer"}),
        )
    }


def test_a_filtered_external_list_keeps_its_file():
    form = definition_of(
        "| survey |\n| | type | name | label | choice_filter |\n| | text | desa | Desa | |\n"
        "| | select_one_from_file keluarga.csv | k | K | kode_desa = ${desa} and aktif = 'ya' |\n"
        "| | select_multiple_from_file alat.geojson | alat | A | |\n"
    )
    assert (form.by_path["/k"].choices, form.by_path["/k"].external) == ("keluarga", True)
    assert (form.by_path["/alat"].choices, form.by_path["/alat"].select) == ("alat", "multiple")
    assert form.external_lists == ("keluarga", "alat")


def test_choices_of_randomized_lists_and_of_repeats():
    form = definition_of(
        "| survey |\n| | type | name | label | parameters |\n| | select_one x | a | A | randomize=true |\n"
        "| | begin_repeat | art | R | |\n| | text | nama | N | |\n| | end_repeat | | | |\n"
        "| | select_one ${nama} | siapa | S | |\n"
        "| choices |\n| | list_name | name | label |\n| | x | 1 | Satu |\n"
    )
    assert form.by_path["/a"].choices == "x"
    assert form.by_path["/siapa"].choices is None
    assert form.by_path["/siapa"].select == "one"


def test_labels_show_references_as_questions():
    assert field_of(VISIT, "/art/nik").labels == {ID: "NIK ${nama}", EN: "NIK of ${nama}"}
    assert field_of(VISIT, "/art").labels[ID] == "Anggota"
    assert field_of(VISIT, "/mulai").labels == {}


def test_labels_of_a_form_in_one_language_have_the_empty_name():
    form = definition_of(survey("text | a | Nama", "note | b | Halo ${a}"))
    assert form.languages == ()
    assert form.default_language == ""
    assert form.by_path["/a"].labels == {"": "Nama"}
    assert form.by_path["/b"].labels == {"": "Halo ${a}"}


def test_a_guidance_hint_is_no_label():
    form = definition_of(
        "| survey |\n| | type | name | label | guidance_hint | image |\n| | text | a | Nama | Baca keras | a.png |\n"
    )
    assert form.by_path["/a"].labels == {"default": "Nama"}


def test_marks_of_the_server():
    assert field_of(VISIT, "/titik").role == "house_point"
    assert field_of(VISIT, "/foto").role == "house_photo"
    assert field_of(VISIT, "/titik_mulai").role is None
    assert [field.name for field in definition_of(VISIT).fields if field.sensitive] == ["nik", "kartu"]


def test_preloads_and_calculations():
    assert field_of(VISIT, "/mulai").preload == "timestamp/start"
    assert field_of(VISIT, "/titik_mulai").preload == "start-geopoint"
    assert field_of(VISIT, "/meta/instanceID").preload == "uid"
    assert field_of(VISIT, "/titik").preload is None
    assert field_of(VISIT, "/skor").calculated
    assert not field_of(VISIT, "/g_aset/luas").calculated


def test_points_and_sound_taken_by_the_phone_itself():
    form = definition_of(
        "| survey |\n| | type | name | label | trigger |\n| | background-audio | suara | | |\n"
        "| | text | a | A | |\n| | background-geopoint | titik | | ${a} |\n"
    )
    assert form.by_path["/suara"].media == "audio"
    assert form.by_path["/titik"].preload == "background-geopoint"


@pytest.mark.parametrize(
    ("kind", "media"), [("image", "image"), ("audio", "audio"), ("video", "video"), ("file", "file")]
)
def test_media_of_uploads(kind, media):
    field = definition_of(survey(f"{kind} | f | F")).by_path["/f"]
    assert (field.type, field.media) == ("binary", media)


def test_rank_range_and_acknowledge():
    form = definition_of(
        survey(
            "rank x | r | R",
            "range | n | N",
            "acknowledge | ok | OK",
            more="| choices |\n| | list_name | name | label |\n| | x | 1 | Satu |\n",
        )
    )
    rank, number, ok = (form.by_path[path] for path in ("/r", "/n", "/ok"))
    assert (rank.type, rank.select, rank.choices) == ("odk:rank", None, "x")
    assert number.type == "int"
    assert (ok.type, ok.select) == ("string", None)


def test_expected_media_follow_the_five_rules():
    form = definition_of(
        "| survey |\n"
        "| | type | name | label | image | audio | big-image | calculation | appearance | choice_filter | default |\n"
        "| | select_one_from_file k.csv | k | K | peta.png | | besar.png | | | | |\n"
        "| | csv-external | lain | | | | | | | | |\n"
        "| | xml-external | pohon | | | | | | | | |\n"
        "| | calculate | c | | | | | pulldata('harga', 'a', 'b', ${k}) | | | |\n"
        "| | select_one x | s | S | peta.png | a.mp3 | | | search('cari.csv') | | |\n"
        "| | select_one x2 | t | T | | | | | minimal search('cari2', 'matches', 'a', ${k}) | | |\n"
        "| | image | g | G | | | | | | | contoh.jpg |\n"
        "| | select_one_external kab | kab | Kab | | | | | | prov=${k} | |\n"
        "| choices |\n| | list_name | name | label |\n| | x | a | b |\n| | x2 | a | b |\n"
        "| external_choices |\n| | list_name | name | label | prov |\n| | kab | a | A | x |\n"
    )
    assert set(form.media) == {
        MediaSlot("k.csv", "file"),
        MediaSlot("lain.csv", "file"),
        MediaSlot("pohon.xml", "file"),
        MediaSlot("harga.csv", "file"),
        MediaSlot("peta.png", "image"),
        MediaSlot("besar.png", "image"),
        MediaSlot("a.mp3", "audio"),
        MediaSlot("cari.csv", "file"),
        MediaSlot("cari2.csv", "file"),
        MediaSlot("contoh.jpg", "image"),
        MediaSlot("itemsets.csv", "file"),
    }
    assert len(form.media) == 11
    assert (form.by_path["/kab"].choices, form.by_path["/kab"].external) == ("itemsets", True)
    assert (form.by_path["/s"].choices, form.by_path["/s"].external) == ("cari", True)


def test_last_saved_is_no_file():
    assert definition_of(survey("text | a | A", "calculate | b | | ${last-saved#a}")).media == ()


def test_an_encrypted_form_says_so():
    md = "| survey |\n| | type | name | label |\n| | text | a | A |\n| settings |\n| | public_key |\n| | MIIB |\n"
    assert definition_of(md).encrypted


def test_a_form_with_instance_name_says_so():
    md = "| survey |\n| | type | name | label |\n| | text | a | A |\n| settings |\n| | instance_name |\n| | ${a} |\n"
    assert definition_of(md).instance_name


def test_a_handwritten_form():
    form = read_definition(HANDWRITTEN)
    assert (form.form_id, form.version, form.title, form.root) == ("pohon", "7", "Tree & plot", "pohon")
    assert [field.path for field in form.fields] == [
        "/jenis",
        "/gambar",
        "/plot",
        "/plot/luas",
        "/meta",
        "/meta/instanceID",
    ]
    kind, area = form.by_path["/jenis"], form.by_path["/plot/luas"]
    assert (kind.type, kind.select, kind.required, kind.labels) == (
        "string",
        "one",
        True,
        {"": "Kind of tree"},
    )
    assert [choice.name for choice in form.choices[kind.choices]] == ["jati", "mangga"]
    assert (area.type, area.required, area.labels) == ("decimal", False, {"": "Area"})
    assert form.by_path["/meta/instanceID"].type == "unknown"
    assert form.media == (
        MediaSlot("desa.csv", "file"),
        MediaSlot("ikon.png", "file"),
        MediaSlot("contoh.jpg", "image"),
    )


def test_a_repeat_without_template_and_with_different_copies_is_one_field_list():
    xform = HANDWRITTEN.replace(
        b"<plot><luas/></plot>", b"<plot><luas/></plot><plot><luas/><kode/></plot><akhir/>"
    ).replace(
        b'<group ref="/pohon/plot">',
        b'<group><repeat nodeset="/pohon/plot"/></group><group ref="/pohon/plot">',
    )
    form = read_definition(xform)
    assert [field.path for field in form.fields][2:6] == ["/plot", "/plot/luas", "/plot/kode", "/akhir"]
    assert form.by_path["/plot"].type == "repeat"


def test_escapes_in_form_id_and_title_are_decoded():
    form = read_definition(HANDWRITTEN.replace(b'id="pohon" orx', b'id="a&lt;b&#233;" orx'))
    assert form.form_id == "a<bé"


def test_a_form_without_id_is_refused_with_its_reason():
    with pytest.raises(NotAFormError) as caught:
        read_definition(HANDWRITTEN.replace(b'id="pohon" ', b""))
    assert caught.value.reason is Reason.NO_FORM_ID


@pytest.mark.parametrize(
    "data",
    [
        b"<data id='a'/>",
        b"not xml",
        HANDWRITTEN[:-20],
        b"<!DOCTYPE a [<!ENTITY x 'y'>]>" + HANDWRITTEN[22:],
        HANDWRITTEN.replace(b"<instance>", b"<x>").replace(b"</pohon>\n      </instance>", b"</pohon></x>"),
    ],
)
def test_what_is_no_xform_is_refused(data):
    with pytest.raises(NotAFormError):
        read_definition(data)
