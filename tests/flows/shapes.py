"""Small forms and submissions for the flows."""

import io
import uuid as uuids

HEADERS = {"X-OpenRosa-Version": "1.0"}

FORM = b"""
| survey |
|        | type     | name   | label  | parameters       |
|        | text     | nama   | Nama   |                  |
|        | integer  | umur   | Umur   |                  |
|        | geopoint | titik  | Titik  |                  |
|        | image    | foto   | Foto   | max-pixels=1000  |
|        | image    | foto2  | Foto 2 | max-pixels=1000  |
| settings |
|          | form_title | form_id | version |
|          | Uji Coba   | uji     | 1       |
| rules |
|       | name | kind    | severity | label             | expression     | source |
|       | X01  | data    | tinggi   | Umur terlalu tua  | ${umur} > 100  | uji    |
"""


def instance(
    *,
    form: str = "uji",
    version: str = "1",
    body: str = "<nama>Sari</nama><umur>40</umur>",
    iid: str = "",
    meta: str = "",
) -> tuple[str, bytes]:
    """(instanceID, XML) of a submission."""
    iid = iid or f"uuid:{uuids.uuid4()}"
    xml = (
        f'<data id="{form}" version="{version}" xmlns:orx="http://openrosa.org/xforms">{body}'
        f"<meta>{meta}<instanceID>{iid}</instanceID></meta></data>"
    )
    return iid, xml.encode()


def post(client, phone, xml: bytes, files: dict[str, bytes] | None = None, **options):
    """Sends a submission as Collect does."""
    data = {"xml_submission_file": (io.BytesIO(xml), "a.xml", "text/xml")}
    for name, content in (files or {}).items():
        data[name] = (io.BytesIO(content), name, "image/jpeg")
    return client.post(
        phone.url("submission?deviceID=collect%3Aabc"),
        data=data,
        content_type="multipart/form-data",
        headers=options.pop("headers", HEADERS),
        **options,
    )
