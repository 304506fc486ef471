"""XForms and workbooks for the API's tests, small enough to be read at a glance."""

import io

from openpyxl import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xform(
    form_id: str = "simple", version: str = "1", *, fields: str = "name:string", title: str = ""
) -> bytes:
    """An XForm; fields 'name:string age:int photo:binary'; a slot good.csv or photo.jpg as 'slot:good.csv'."""
    pairs = [tuple(item.split(":")) for item in fields.split()]
    asked = [(name, kind) for name, kind in pairs if name != "slot"]
    slots = [file for name, file in pairs if name == "slot"]
    nodes = "".join(f"<{name}/>" for name, _ in asked)
    binds = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in asked)
    extra = "".join(f'<instance id="i{n}" src="jr://file/{file}"/>' for n, file in enumerate(slots))
    inputs = "".join(
        f'<upload ref="/data/{name}" mediatype="image/*"><label>{name}</label></upload>'
        if kind == "binary"
        else f'<input ref="/data/{name}"><label>{name}</label></input>'
        for name, kind in asked
    )
    version_text = f' version="{version}"' if version else ""
    return f"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
  <h:head><h:title>{title or form_id}</h:title><model>
    <instance><data id="{form_id}"{version_text}>{nodes}<meta><instanceID/></meta></data></instance>{extra}
    {binds}<bind nodeset="/data/meta/instanceID" preload="uid" type="string"/>
  </model></h:head><h:body>{inputs}</h:body></h:html>""".encode()


def workbook(
    form_id: str | None = None, *, rows: tuple[str, ...] = ("nama",), file: str = "", version: str = "1"
) -> bytes:
    """An XLSForm of text questions, and a select from a file where one is named; without form id when none is given."""
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(["type", "name", "label"])
    for row in rows:
        survey.append(["text", row, row.title()])
    if file:
        survey.append([f"select_one_from_file {file}", "pilihan", "Pilihan"])
    sheet = book.create_sheet("settings")
    sheet.append(["form_title", "version", *(["form_id"] if form_id else [])])
    sheet.append(["Judul", version, *([form_id] if form_id else [])])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
