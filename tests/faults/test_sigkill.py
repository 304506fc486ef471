"""SIGKILL of web server, worker, both or everything at random moments under load: nothing thanked for is lost or doubled.

`make test` kills a few times on each database; SISIR_KILLS=200 make test T=tests/faults/test_sigkill.py kills 200 times.
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.faults import checks
from tests.faults.installations import serving
from tests.faults.senders import Phones
from tests.fuzz.office_forms import open_target
from tests.servers import Database, find_free_port

KILLS = int(os.environ.get("SISIR_KILLS", "12")) // 2
FAMILIES = 20 + 3 * KILLS
"""So many that none is visited more often than a finding can name visits."""
WHAT = ("web", "worker", "both", "web", "worker", "all")


@pytest.mark.timeout(300 + KILLS * 20)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whatever_is_killed_what_was_thanked_for_stays(
    kind: str, quick_path: Path, request: pytest.FixtureRequest
) -> None:
    port = find_free_port()
    variables = {"SISIR_QUEUE": f"sqlite:{quick_path / 'queue.db'}"}
    if kind == "postgresql":
        database: Database = request.getfixturevalue("postgres_database")
        variables = {"SISIR_DATABASE": database.plain_url, "SISIR_QUEUE": database.plain_url}
    target = open_target(
        quick_path / "var", families=FAMILIES, SISIR_PORT=str(port), SISIR_HOST="127.0.0.1", **variables
    )
    config = target.office.backends.config
    environ = {
        **os.environ,
        **variables,
        "SISIR_VAR": str(config.var),
        "SISIR_PORT": str(port),
        "SISIR_HOST": "127.0.0.1",
        "SISIR_URL": f"http://127.0.0.1:{port}",
        "SISIR_KEY": str(config.key),
    }
    chance = random.Random(f"{kind} {KILLS}")
    with serving(environ, quick_path / "serve.log") as served:
        phones = Phones(target, served.url)
        phones.start()
        try:
            for number in range(KILLS):
                phones.wait_for_more()
                time.sleep(chance.random() * 0.6)
                served.kill(WHAT[number % len(WHAT)], chance)
            served.wait_until_up()
        finally:
            phones.stop()
        pending = [visit for visit in phones.visits if not visit.thanked]
        checks.check_thanked_is_stored(target.office, phones.visits)
        assert all(phones.send(visit) for visit in pending), served.log()
        checks.wait_until_checked(target.office)
    print(
        f"{kind}: {KILLS} kills, {len(phones.visits)} visits, {len(pending)} to send again, answers {phones.statuses}"
    )
    assert phones.statuses == {201}
    checks.check_thanked_is_stored(target.office, phones.visits)
    checks.check_entities_once(target.office, phones.visits)
    checks.check_as_undisturbed(target, phones.visits, quick_path / "calm")
    target.office.backends.engine.dispose()
