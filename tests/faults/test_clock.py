"""The machine's clock is set back while everything runs, as a laptop's is when it finds the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from server.models.submission import Submission
from tests.faults.desk import Desk
from tests.faults.installations import serving
from tests.faults.senders import Phones, Visits
from tests.fuzz.office_forms import Target, copy_target
from tests.servers import find_free_port


def test_a_clock_set_back_by_hours_stops_nothing(quick_path: Path, prepared: Target) -> None:
    port, clock = find_free_port(), quick_path / "clock"
    clock.write_text("+0")
    target = copy_target(prepared, quick_path / "office", SISIR_QUEUE=f"sqlite:{quick_path / 'queue.db'}")
    config = target.office.backends.config
    environ = {
        **os.environ,
        **clock_of(clock),
        "SISIR_VAR": str(config.var),
        "SISIR_PORT": str(port),
        "SISIR_HOST": "127.0.0.1",
        "SISIR_URL": f"http://127.0.0.1:{port}",
        "SISIR_KEY": str(config.key),
        "SISIR_QUEUE": config.queue,
    }
    desk, drawn = Desk(target), Visits(3, target, 0)
    with serving(environ, quick_path / "log") as served:
        phones = Phones(target, served.url)
        for shift in ("+0", "-3h", "-400d", "+0"):
            clock.write_text(shift)
            for _ in range(3):
                desk.visits.append(drawn.draw())
                assert phones.send(desk.visits[-1]), served.log()
            desk.check()
    with target.office.session() as session:
        first, last = session.execute(
            select(func.min(Submission.received_at), func.max(Submission.received_at))
        ).one()
    assert (last - first).days >= 399, "the clock of the server was really set back"
    target.office.backends.engine.dispose()


def clock_of(clock: Path) -> dict[str, str]:
    """The environment of a program whose clock is that of the machine, shifted by what stands in a file."""
    faketime = shutil.which("faketime")
    assert faketime, "this test needs faketime: apt-get install faketime"
    shown = subprocess.run(
        [faketime, "-f", "+0", sys.executable, "-c", "import os; print(os.environ['LD_PRELOAD'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        "LD_PRELOAD": shown.stdout.strip().replace("libfaketime.so", "libfaketimeMT.so"),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
