"""Forms for tests, written as Markdown tables or by hand."""

from functools import cache

from pyxform.xls2xform import convert

from forms.definition import Field, FormDefinition
from forms.xform import read_definition

VISIT = """
| survey  |                                   |          |                            |                     |             |                  |              |
|         | type                              | name     | label::Bahasa Indonesia (id) | label::English (en) | calculation | bind::sisir:role | bind::sisir:sensitive |
|         | start                             | mulai    |                            |                     |             |                  |              |
|         | audit                             | audit    |                            |                     |             |                  |              |
|         | start-geopoint                    | titik_mulai |                         |                     |             |                  |              |
|         | select_one_from_file keluarga.csv | keluarga | Keluarga                   | Family              |             |                  |              |
|         | begin_group                       | g_aset   | Aset                       | Assets              |             |                  |              |
|         | integer                           | jml_mobil | Jumlah mobil              | Number of cars      |             |                  |              |
|         | decimal                           | luas     | Luas tanah                 | Land                |             |                  |              |
|         | select_multiple kerja             | kerja    | Pekerjaan                  | Jobs                |             |                  |              |
|         | select_one kerja                  | utama    | Pekerjaan utama            | Main job            |             |                  |              |
|         | end_group                         |          |                            |                     |             |                  |              |
|         | begin_repeat                      | art      | Anggota                    | Members             |             |                  |              |
|         | text                              | nama     | Nama                       | Name                |             |                  |              |
|         | text                              | nik      | NIK ${nama}                | NIK of ${nama}      |             |                  | yes          |
|         | date                              | lahir    | Tanggal lahir              | Born                |             |                  |              |
|         | begin_repeat                      | obat     | Obat                       | Medicine            |             |                  |              |
|         | text                              | obat_nama | Nama obat                 | Medicine            |             |                  |              |
|         | end_repeat                        |          |                            |                     |             |                  |              |
|         | image                             | kartu    | Kartu                      | Card                |             |                  | yes          |
|         | end_repeat                        |          |                            |                     |             |                  |              |
|         | geopoint                          | titik    | Titik rumah                | House               |             | house_point      |              |
|         | image                             | foto     | Foto depan                 | Front               |             | house_photo      |              |
|         | dateTime                          | selesai  | Selesai                    | Done                |             |                  |              |
|         | calculate                         | skor     |                            |                     | 1 + 1       |                  |              |
| choices |                                   |          |                            |                     |             |                  |              |
|         | list_name                         | name     | label::Bahasa Indonesia (id) | label::English (en) |             |                  |              |
|         | kerja                             | asn      | ASN                        | Civil servant       |             |                  |              |
|         | kerja                             | tani     | Petani                     | Farmer              |             |                  |              |
| settings |                                  |          |                            |                     |             |                  |              |
|         | form_title                        | form_id  | version                    | default_language    | namespaces  |                  |              |
|         | Kunjungan                         | kunjungan | 2026101201                | Bahasa Indonesia (id) | sisir="https://sisir.id/xforms" |  |              |
"""

ENTITIES = """
| survey   |                                   |          |          |                 |
|          | type                              | name     | label    | save_to         |
|          | select_one_from_file keluarga.csv | keluarga | Keluarga |                 |
|          | begin_group                       | rumah    | Rumah    |                 |
|          | text                              | rt       | RT       | keluarga#rt     |
|          | text                              | rw       | RW       | keluarga#rw     |
|          | end_group                         |          |          |                 |
|          | begin_repeat                      | art      | Anggota  |                 |
|          | text                              | nama     | Nama     | anggota#nama    |
|          | end_repeat                        |          |          |                 |
| settings |                                   |          |          |                 |
|          | form_id                           | version  |          |                 |
|          | sensus                            | 1        |          |                 |
| entities |                                   |          |          |                 |
|          | list_name                         | label    | entity_id | update_if      |
|          | keluarga                          | ${rt}    | ${keluarga} |              |
|          | anggota                           | ${nama}  |          |                 |
"""

# A form as people wrote them before pyxform: prefixes, relative refs, inline choices, no itext, its own root name.
HANDWRITTEN = b"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
        xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <h:head>
    <h:title> Tree &amp; plot </h:title>
    <model>
      <instance>
        <pohon xmlns="http://example.id/pohon" id="pohon" orx:version="7">
          <!-- a comment is no node -->
          <jenis>jati</jenis>
          <gambar>jr://images/contoh.jpg</gambar>
          <plot><luas/></plot>
          <orx:meta><orx:instanceID/></orx:meta>
        </pohon>
      </instance>
      <instance id="desa" src="jr://file-csv/desa.csv"/>
      <instance id="ikon" src="jr://images/ikon.png"/>
      <instance id="lama" src="jr://instance/last-saved"/>
      <bind id="b_jenis" nodeset="/pohon/jenis" type="xsd:string" required="true()"/>
      <bind nodeset="/pohon/plot/luas" type="decimal" required="false()"/>
      <bind nodeset="/pohon/gambar" type="binary"/>
    </model>
  </h:head>
  <h:body>
    <select1 bind="b_jenis"><label>Kind <h:b>of</h:b> tree</label>
      <item><label>Teak</label><value>jati</value></item>
      <item><label>Mango</label><value> mangga </value></item>
    </select1>
    <group ref="/pohon/plot"><label>Plot</label><input ref="luas"><label>Area</label></input></group>
  </h:body>
</h:html>"""


@cache
def xform_of(markdown: str) -> bytes:
    """The XForm that pyxform makes of a form."""
    return convert(xlsform=markdown, validate=False, file_type=".md").xform.encode()


@cache
def definition_of(markdown: str) -> FormDefinition:
    return read_definition(xform_of(markdown))


def field_of(markdown: str, path: str) -> Field:
    return definition_of(markdown).by_path[path]


def survey(*rows: str, more: str = "") -> str:
    """A form of `type | name | label | ...` rows, header and settings added."""
    lines = "\n".join(f"| | {row} |" for row in rows)
    return (
        "| survey |\n| | type | name | label | calculation | relevant | appearance | parameters | save_to |\n"
        f"{lines}\n| settings |\n| | form_id | version |\n| | tes | 1 |\n{more}"
    )
