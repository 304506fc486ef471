"""Logs hold event names and ids: a whole day of the office at the most talkative level, and what must not be in there."""

import io
import logging

from server.logs import JsonLines
from tests.factories import PASSWORD
from tests.office import HEADERS
from tests.safety.people import log_in
from tests.stage import NIK, open_stage

ANSWER = "Catatan yang hanya petugas tahu"
NAME = "Suparmi"


def test_no_token_number_answer_or_name_reaches_the_log(tmp_path, caplog):
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    caplog.set_level(logging.DEBUG)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        stage = open_stage(tmp_path / "var")
        tokens = _a_day(stage)
    finally:
        root.removeHandler(handler)
        stage.office.backends.engine.dispose()
    text = lines.getvalue() + caplog.text
    assert "request.unfit" in text, "something was logged at all"
    for secret in (NIK, NIK[:10], ANSWER, NAME, PASSWORD, "salah-sekali", "dinsos.test", "-7.54", *tokens):
        assert secret not in text, secret


def _a_day(stage) -> list[str]:
    client = stage.office.client
    stage.send(stage.siti, NAME, catatan=ANSWER, seed=40)
    stage.refresh()
    client.post("/login", data={"email": "rina@dinsos.test", "password": "salah-sekali"})
    dewi = log_in(stage, "Dewi")
    case_id = stage.cases[NAME]
    for data in ({"q": NIK}, {"q": f"{NIK[:6]}.{NIK[6:]}"}):
        found = dewi.client.post("/projects/1/queue/search", data={"csrf": dewi.csrf, **data})
        dewi.client.get(found.headers["Location"])
    dewi.client.get(f"/projects/1/queue?q={NIK}")
    dewi.client.get(f"/projects/1/cases/{case_id}")
    unmasked = dewi.client.post(
        f"/projects/1/cases/{case_id}/unmask", data={"csrf": dewi.csrf, "purpose": "memeriksa nomor keluarga"}
    )
    assert NIK in unmasked.text
    dewi.client.get(f"/projects/1/cases/{'9' * 30}")
    dewi.client.post(f"/projects/1/cases/{case_id}/proposal", data={"csrf": "x", "note": ANSWER})
    phone = stage.budi
    for body in (b"<data>" + NIK.encode(), f'<data id="aset" version="9"><nik>{NIK}</nik></data>'.encode()):
        data = {"xml_submission_file": (io.BytesIO(body), "a.xml", "text/xml")}
        client.post(phone.url("submission"), data=data, headers=HEADERS)
    client.get(f"/v1/projects/1/formList?st={phone.token}", headers=HEADERS)
    client.get(f"/v1/key/{'A' * 64}/projects/1/formList", headers=HEADERS)
    client.get(phone.url("forms/aset/attachments/keluarga.csv")).close()
    session_cookie = dewi.client.get_cookie("session")
    assert session_cookie is not None
    return [stage.siti.token, phone.token, "A" * 64, session_cookie.value, dewi.csrf]


def test_the_web_server_writes_no_access_log():
    """An access log would hold the tokens that stand in the phones' addresses."""
    from server.cli.serve import web_server

    server = web_server("server.wsgi:app", host="127.0.0.1", port=8000, threads=8)
    assert server.log_access is False
