"""schemathesis over every route that the description names: no failure of the server, no answer that it does not describe."""

import subprocess
import sysconfig
from pathlib import Path

from server.services import accounts, entity_lists
from tests.browser.live import serving
from tests.office import open_office
from tests.server.api.conftest import FORM, PASSWORDS
from tests.servers import find_free_port

CONFIG = Path(__file__).with_name("fuzz.toml")
SEED = "20261125"


def test_no_route_fails_or_answers_what_is_not_described(tmp_path):
    office = open_office(tmp_path)
    with office.session() as session:
        alice = accounts.create_user(session, email="alice@getodk.org", password=PASSWORDS["alice"])
        accounts.assign(session, alice.id, "admin")
        entity_lists.ensure_list(session, office.project_id, "daftar", ["nama", "geometry"])
    office.publish(FORM)
    credentials = {"email": "alice@getodk.org", "password": PASSWORDS["alice"]}
    token = office.client.post("/v1/sessions", json=credentials).json["token"]
    program = Path(sysconfig.get_path("scripts")) / "schemathesis"
    with serving(office.app, find_free_port()) as address:
        command = [program, "--config-file", CONFIG, "run", f"{address}/v1/openapi.json", "--seed", SEED]
        command += ["--header", f"Authorization: Bearer {token}", "--no-color"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    office.backends.engine.dispose()
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert "Tested: " in done.stdout
