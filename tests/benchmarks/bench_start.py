"""How long a start takes until its first page, beside a bare Flask application: `python -m tests.benchmarks.bench_start`.

The limit that we hold ourselves to is three times the bare start, on an installation that is set up already.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import requests

from tests.installation import new_installation
from tests.servers import find_free_port

ROUNDS = 7
BARE = "from flask import Flask\napp = Flask('bare')\n@app.get('/')\ndef page(): return 'hello'\napp.run(port={port})\n"


def first_page_s(command: list[str], url: str, environ: dict[str, str] | None = None) -> float:
    """Seconds from the start of a command to the first answer of its server."""
    started = time.perf_counter()
    server = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                requests.get(url, timeout=5).raise_for_status()
                return time.perf_counter() - started
            except requests.ConnectionError:
                time.sleep(0.005)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Prints both medians and their ratio."""
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        office = new_installation(Path(folder) / "var")
        serve = [sys.executable, "-m", "server", "serve"]
        for _ in range(ROUNDS):
            port = find_free_port()
            bare.append(
                first_page_s([sys.executable, "-c", BARE.format(port=port)], f"http://127.0.0.1:{port}/")
            )
            ours.append(first_page_s(serve, office.url + "/login", office.environ))
    print(
        f"bare Flask {median(bare):.2f} s, sisir serve {median(ours):.2f} s, ratio {median(ours) / median(bare):.1f} (limit 3)"
    )


if __name__ == "__main__":
    main()
