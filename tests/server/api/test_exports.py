"""CSV exports over HTTP: tables, options, media, audit logs, masks, areas, filters."""

import csv
import io
import zipfile

import pytest

from server.services import accounts, publishing
from tests.server.api.test_submissions import save_draft
from tests.server.api.visits import (
    PLACED,
    PROJECTS,
    SECRET,
    XML,
    edit,
    form_path,
    path_of,
    publish,
    send,
    visit,
)

HEADER = (
    "SubmissionDate,pemilik,titik-Latitude,titik-Longitude,titik-Altitude,titik-Accuracy,tanaman,foto,lahan-luas,"
    "meta-instanceID,KEY,SubmitterID,SubmitterName,AttachmentsPresent,AttachmentsExpected,Status,ReviewState,DeviceID,Edits,FormVersion"
)
BODY = (
    '<pemilik>Siti, "Bu"</pemilik><titik>-6.9 107.6 768.2 4.1</titik><tanaman>padi jagung</tanaman><foto>a.jpg</foto>'
    "<lahan><luas>1.50</luas><panen><tahun>2024</tahun><ton>3.2</ton></panen><panen><tahun>2025</tahun></panen></lahan>"
)


def rows_of(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def archive_of(answer) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    made = zipfile.ZipFile(io.BytesIO(answer.data))
    assert made.testzip() is None
    return made


def text_of(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode()


def test_header_is_there_without_rows(alice, form):
    answer = alice.get(path_of(form, ".csv"))
    assert answer.get_data(as_text=True) == HEADER + "\n"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["Content-Disposition"]
        == f"attachment; filename=\"{form}.csv\"; filename*=UTF-8''{form}.csv"
    )


def test_root_table(service, alice, form):
    sent = alice.call(
        "POST", path_of(form, "?deviceID=d1"), data=visit(form, "uuid:one", BODY), headers=XML
    ).json
    send(alice, form, "uuid:two")
    edit(alice, form, "uuid:two", "uuid:two2", "uuid:two")
    alice.call("POST", path_of(form, "/uuid:one/attachments/a.jpg"), data=b"jpeg")
    alice.patch(path_of(form, "/uuid:one"), {"reviewState": "approved"})
    newest, oldest = rows_of(alice.get(path_of(form, ".csv")))
    assert oldest == {
        "SubmissionDate": sent["createdAt"],
        "pemilik": 'Siti, "Bu"',
        "titik-Latitude": "-6.9",
        "titik-Longitude": "107.6",
        "titik-Altitude": "768.2",
        "titik-Accuracy": "4.1",
        "tanaman": "padi jagung",
        "foto": "a.jpg",
        "lahan-luas": "1.50",
        "meta-instanceID": "uuid:one",
        "KEY": "uuid:one",
        "SubmitterID": str(service.ids["alice"]),
        "SubmitterName": "Alice",
        "AttachmentsPresent": "1",
        "AttachmentsExpected": "1",
        "Status": "",
        "ReviewState": "approved",
        "DeviceID": "d1",
        "Edits": "0",
        "FormVersion": "1",
    }
    assert (newest["KEY"], newest["meta-instanceID"], newest["Edits"], newest["ReviewState"]) == (
        "uuid:two",
        "uuid:two2",
        "1",
        "edited",
    )


def test_archive_holds_repeats_media_and_logs(alice, form):
    send(alice, form, "uuid:one", BODY)
    send(alice, form, "uuid:two", BODY)
    alice.call("POST", path_of(form, "/uuid:one/attachments/a.jpg"), data=b"jpeg one")
    alice.call("POST", path_of(form, "/uuid:two/attachments/a.jpg"), data=b"jpeg two")
    answer = alice.get(path_of(form, ".csv.zip"))
    assert answer.mimetype == "application/zip"
    assert f'filename="{form}.zip"' in answer.headers["Content-Disposition"]
    archive = archive_of(answer)
    assert archive.namelist() == [f"{form}.csv", f"{form}-panen.csv", "media/a.jpg", "media/a~2.jpg"]
    assert [archive.read("media/a.jpg"), archive.read("media/a~2.jpg")] == [b"jpeg two", b"jpeg one"]
    assert text_of(archive, f"{form}-panen.csv") == (
        "tahun,ton,PARENT_KEY,KEY\n"
        "2024,3.2,uuid:two,uuid:two/lahan/panen[1]\n2025,,uuid:two,uuid:two/lahan/panen[2]\n"
        "2024,3.2,uuid:one,uuid:one/lahan/panen[1]\n2025,,uuid:one,uuid:one/lahan/panen[2]\n"
    )
    bare = alice.call("POST", path_of(form, ".csv.zip?attachments=false&1=passphrase"), data={"2": "another"})
    assert f'filename="{form}.csv.zip"' in bare.headers["Content-Disposition"]
    assert archive_of(bare).namelist() == [f"{form}.csv", f"{form}-panen.csv"]


@pytest.mark.parametrize("is_settled", [False, True])
def test_columns_without_groups_and_with_choices_split(service, alice, form, is_settled):
    send(alice, form, "uuid:one", "<tanaman>padi jagung</tanaman><lahan><luas>1</luas></lahan>")
    if is_settled:
        service.office.work()
    send(alice, form, "uuid:two", "<tanaman>padi kopi</tanaman>")
    send(alice, form, "uuid:three")
    answer = alice.get(path_of(form, ".csv?groupPaths=false&splitSelectMultiples=True"))
    header = answer.get_data(as_text=True).partition("\n")[0]
    assert ",tanaman,tanaman/jagung,tanaman/kopi,tanaman/padi,foto,luas,instanceID,KEY," in header
    chosen = {
        row["KEY"]: [row["tanaman/jagung"], row["tanaman/kopi"], row["tanaman/padi"]]
        for row in rows_of(answer)
    }
    assert chosen == {"uuid:one": ["1", "0", "1"], "uuid:two": ["0", "1", "1"], "uuid:three": ["", "", ""]}


def test_deleted_fields_and_nested_repeats(service, alice):
    text = """
| survey | | | |
| | type | name | label |
{extra}| | begin_group | a | A |
| | begin_repeat | anak | Anak |
| | text | nama | Nama |
| | begin_repeat | mainan | M |
| | text | jenis | J |
| | end_repeat | | |
| | end_repeat | | |
| | end_group | | |
| | begin_group | b | B |
| | begin_repeat | cucu | Cucu |
| | text | nama | Nama |
| | end_repeat | | |
| | end_group | | |
| settings | | | |
| | form_id | form_title | version |
| | {{form_id}} | Anak | {{version}} |
"""
    form_id = publish(service, text.format(extra="| | text | lama | Lama |\n"))
    publish(service, text.format(extra=""), version="2", form_id=form_id)
    child = (
        "<anak><nama>{}</nama><mainan><jenis>bola</jenis></mainan><mainan><jenis>tali</jenis></mainan></anak>"
    )
    body = f"<lama>x</lama><a>{child.format('Budi')}{child.format('Ani')}</a><b><cucu><nama>Tini</nama></cucu></b>"
    send(alice, form_id, "uuid:one", body)
    assert "lama" not in rows_of(alice.get(path_of(form_id, ".csv")))[0]
    assert rows_of(alice.get(path_of(form_id, ".csv?deletedFields=true")))[0]["lama"] == "x"
    archive = archive_of(alice.get(path_of(form_id, ".csv.zip")))
    assert archive.namelist() == [f"{form_id}{rest}.csv" for rest in ("", "-anak", "-mainan", "-cucu")]
    toys = list(csv.reader(io.StringIO(text_of(archive, f"{form_id}-mainan.csv"))))
    assert toys[0] == ["jenis", "PARENT_KEY", "KEY"]
    assert toys[2] == ["tali", "uuid:one/a/anak[1]", "uuid:one/a/anak[1]/mainan[2]"]
    assert toys[3] == ["bola", "uuid:one/a/anak[2]", "uuid:one/a/anak[2]/mainan[1]"]
    assert (
        text_of(archive, f"{form_id}-cucu.csv") == "nama,PARENT_KEY,KEY\nTini,uuid:one,uuid:one/b/cucu[1]\n"
    )


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("__id eq 'uuid:one'", ["uuid:one"]),
        ("not (__id eq 'uuid:one')", ["uuid:two"]),
        ("__system/submitterId eq {alice}", ["uuid:one"]),
        ("{alice} ne __system/submitterId", ["uuid:two"]),
        ("__system/reviewState eq null", ["uuid:two"]),
        ("__system/reviewState ne 'approved'", ["uuid:two"]),
        ("not (__system/reviewState eq 'approved')", ["uuid:two"]),
        ("$root/Submissions/__system/reviewState eq 'approved' and 1 lt 2", ["uuid:one"]),
        ("__system/submissionDate eq {at}", ["uuid:one"]),
        ("__system/submissionDate gt {at}", ["uuid:two"]),
        ("__system/submissionDate le {at}", ["uuid:one"]),
        (
            "__system/submissionDate lt now() and __system/submissionDate ge 2020-01-01",
            ["uuid:two", "uuid:one"],
        ),
        ("year(__system/submissionDate) eq year(now())", ["uuid:two", "uuid:one"]),
        ("second(__system/submissionDate) eq second({at}) and __id eq 'uuid:one'", ["uuid:one"]),
        ("__system/deletedAt ne null", ["uuid:gone"]),
        (
            "__system/updatedAt eq null or __system/updatedAt gt 2020-01-01T00:00:00+07:00",
            ["uuid:two", "uuid:one"],
        ),
        ("__id eq 'it''s'", []),
    ],
)
def test_filter(service, alice, bob, form, wanted, kept):
    at = send(alice, form, "uuid:one").json["createdAt"]
    send(bob, form, "uuid:two")
    send(bob, form, "uuid:gone")
    alice.patch(path_of(form, "/uuid:one"), {"reviewState": "approved"})
    alice.delete(path_of(form, "/uuid:gone"))
    query = {"$filter": wanted.format(alice=service.ids["alice"], at=at)}
    rows = rows_of(alice.get(path_of(form, ".csv"), query_string=query))
    assert [row["KEY"] for row in rows] == kept


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (400.18, "__id eq"),
        (400.18, "__id eq 'x"),
        (400.18, "__system/submissionDate gt 'tomorrow'"),
        (400.18, "__system/submitterId eq 'bob'"),
        (400.18, "1 lt 'a'"),
        (400.18, "year(__id) eq 1"),
        (400.18, "not (" * 60 + "__id eq '1'" + ")" * 60),
        (400.18, "x" * 10_001),
        (501.4, "substring(__id, 1) eq 'x'"),
        (501.4, "foo(__id) eq 'x'"),
        (501.4, "__id in ('a', 'b')"),
        (501.4, "__system/submitterId add 1 eq 2"),
        (501.5, "pemilik eq 'x'"),
        (501.5, "__system/deviceId eq 'x'"),
    ],
)
def test_filter_that_cannot_be(alice, form, code, wanted):
    for ending in (".csv", ".csv.zip", ".geojson"):
        answer = alice.get(path_of(form, ending), query_string={"$filter": wanted})
        assert (answer.json["code"], answer.mimetype) == (code, "application/json"), answer.text


def test_rights_and_the_act(alice, bob, chelsea, nobody, form):
    for ending in (".csv", ".csv.zip", ".geojson"):
        assert nobody.get(path_of(form, ending)).json["code"] == 401.2
        assert chelsea.get(path_of(form, ending)).json["code"] == 403.1
    bob.get(path_of(form, ".csv"), headers={"X-Action-Notes": "rapat%20desa"})
    newest = alice.get("/audits?action=form.submission.export&limit=1").json[0]
    assert newest["notes"] == "rapat desa"


def test_logs_have_a_table_of_their_own(service, alice):
    text = "| survey | | | |\n| | type | name | label |\n| | audit | audit | |\n| | text | a | A |\n| settings | | | |\n"
    form_id = publish(
        service, text + "| | form_id | form_title | version |\n| | {form_id} | Log | {version} |"
    )
    log = 'event,node,start,end,old-value,new-value\nform start,,1,,,\nquestion,/data/a,2,3,"x, y"\n'
    for name in ("uuid:one", "uuid:two"):
        xml = visit(form_id, name).replace(b"<orx:meta>", b"<orx:meta><orx:audit>audit.csv</orx:audit>")
        assert alice.call("POST", path_of(form_id), data=xml, headers=XML).status_code == 200
        alice.call("POST", path_of(form_id, f"/{name}/attachments/audit.csv"), data=log.encode())
    archive = archive_of(alice.get(path_of(form_id, ".csv.zip")))
    assert archive.namelist() == [f"{form_id}.csv", f"{form_id} - audit.csv"]
    lines = text_of(archive, f"{form_id} - audit.csv").splitlines()
    assert lines[0] == (
        "instance ID,event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason"
    )
    assert lines[1:3] == ["uuid:one,form start,,1,,,,,,,,", 'uuid:one,question,/data/a,2,3,,,,"x, y",,,']
    assert lines[3].startswith("uuid:two,")


def test_encrypted_rows_say_so(alice, form):
    envelope = (
        f'<data xmlns="http://opendatakit.org/submissions" id="{form}" version="1" encrypted="yes">'
        '<base64EncryptedKey>k</base64EncryptedKey><meta xmlns="http://openrosa.org/xforms"><instanceID>uuid:enc</instanceID>'
        "</meta><encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    ).encode()
    alice.call("POST", path_of(form), data=envelope, headers=XML)
    assert rows_of(alice.get(path_of(form, ".csv")))[0]["Status"] == "missing encrypted form data"
    alice.call("POST", path_of(form, "/uuid:enc/attachments/submission.xml.enc"), data=b"x")
    assert rows_of(alice.get(path_of(form, ".csv")))[0]["Status"] == "not decrypted"


def test_test_data_of_a_draft(service, alice, form):
    draft = f"{form_path(form)}/draft/submissions"
    assert alice.get(f"{draft}.csv").json["code"] == 404.1
    save_draft(service, form)
    alice.call("POST", draft, data=visit(form, "uuid:test", BODY), headers=XML)
    send(alice, form, "uuid:one")
    try:
        assert [row["KEY"] for row in rows_of(alice.get(f"{draft}.csv"))] == ["uuid:test"]
        assert [row["KEY"] for row in rows_of(alice.get(path_of(form, ".csv")))] == ["uuid:one"]
    finally:
        with service.office.session() as session:
            publishing.get_form(session, PROJECTS[form], form).draft_version_id = None


def test_areas_and_masks(service, alice, bob):
    secret, placed = publish(service, SECRET), publish(service, PLACED)
    send(alice, secret, "uuid:one", "<nama>Siti</nama><nik>3517011110209651</nik><foto_kk>kk.jpg</foto_kk>")
    alice.call("POST", path_of(secret, "/uuid:one/attachments/kk.jpg"), data=b"jpeg")
    assert rows_of(alice.get(path_of(secret, ".csv")))[0]["nik"] == "3517011110209651"
    act = alice.get("/audits?action=identity.unmask&limit=1").json[0]
    assert (act["actorId"], act["details"]["what"]) == (service.ids["alice"], "export")
    assert "media/kk.jpg" in archive_of(alice.get(path_of(secret, ".csv.zip"))).namelist()
    masked = archive_of(bob.get(path_of(secret, ".csv.zip")))
    assert masked.namelist() == [f"{secret}.csv"]
    row = next(csv.DictReader(io.StringIO(text_of(masked, f"{secret}.csv"))))
    assert (row["nama"], row["nik"], row["AttachmentsPresent"]) == ("Siti", "351701******9651", "1")
    for name, village in (("uuid:here", "3517012001"), ("uuid:there", "3518012001")):
        send(alice, placed, name, f"<kode_desa>{village}</kode_desa>")
    service.office.work()
    assert rows_of(bob.get(path_of(placed, ".csv"))) == []
    with service.office.session() as session:
        accounts.set_areas(session, service.ids["bob"], ["3517"])
    try:
        assert [row["KEY"] for row in rows_of(bob.get(path_of(placed, ".csv")))] == ["uuid:here"]
    finally:
        with service.office.session() as session:
            accounts.set_areas(session, service.ids["bob"], [])
