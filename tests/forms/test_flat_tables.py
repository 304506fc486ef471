"""Submissions as flat tables, without any server."""

from forms.definition import Field, FormDefinition
from forms.flat_tables import ChoiceReader, FlatReader, TableOptions, merge_fields

FIELDS = [
    Field("/nama", "nama", "string"),
    Field("/g", "g", "structure"),
    Field("/g/titik", "titik", "geopoint"),
    Field("/g/anak", "anak", "repeat"),
    Field("/g/anak/umur", "umur", "int", repeat="/g/anak"),
    Field("/g/anak/suka", "suka", "string", select="multiple", repeat="/g/anak"),
    Field("/nik", "nik", "string", sensitive=True),
    Field("/meta", "meta", "structure"),
    Field("/meta/instanceID", "instanceID", "string"),
]
XML = b"""<d xmlns:orx="http://openrosa.org/xforms"><nama>Siti<!-- hidden --></nama><asing>x</asing>
<g><titik>1 2</titik><anak jr:template=""><umur>9</umur></anak><anak><umur>3</umur><suka>b a</suka></anak><anak/></g>
<nik>3517011110209651</nik><nama>second</nama><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></d>"""


def definition(*fields: Field) -> FormDefinition:
    return FormDefinition("f", "1", "F", "d", fields, {}, (), ())


def test_cells_and_keys():
    reader = FlatReader(FIELDS, TableOptions())
    cells, rows, is_encrypted = reader.read(XML, "uuid:1")
    assert reader.tables[0].header == [
        "nama", "g-titik-Latitude", "g-titik-Longitude", "g-titik-Altitude", "g-titik-Accuracy", "nik", "meta-instanceID"
    ]  # fmt: skip
    assert cells == ["Siti", "1", "2", "", "", "3517011110209651", "uuid:1"]
    assert rows == [
        (1, ["3", "b a"], "uuid:1", "uuid:1/g/anak[1]"),
        (1, ["", ""], "uuid:1", "uuid:1/g/anak[2]"),
    ]
    assert not is_encrypted


def test_masks_and_choices():
    choices = ChoiceReader(FIELDS)
    choices.read(XML)
    assert choices.found == {"/g/anak/suka": {"a", "b"}}
    options = TableOptions(choices={"/g/anak/suka": ["a", "b", "c"]}, mask=lambda text: text[:2] + "*")
    reader = FlatReader(FIELDS, options)
    cells, rows, _ = reader.read(XML, "k")
    assert cells[5] == "35*"
    assert reader.tables[1].header == ["umur", "suka", "suka/a", "suka/b", "suka/c"]
    assert rows[0][1] == ["3", "b a", "1", "1", "0"]


def test_encrypted_has_no_cells():
    reader = FlatReader(FIELDS, TableOptions())
    cells, rows, is_encrypted = reader.read(b'<d encrypted="yes"><nama>x</nama></d>', "k")
    assert (set(cells), rows, is_encrypted) == ({""}, [], True)


def test_fields_of_earlier_versions_stand_where_they_stood():
    new = definition(Field("/a", "a", "string"), Field("/d", "d", "string"))
    old = definition(Field("/first", "first", "string"), Field("/a", "a", "string"), Field("/b", "b", "int"))
    assert [item.path for item in merge_fields([new, old])] == ["/first", "/a", "/b", "/d"]
    assert merge_fields([]) == []
