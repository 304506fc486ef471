"""The whole demo, put in place once for all tests that look at it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from server.backends import Backends, open_backends
from server.config import load_config
from server.db import session_scope

URL = "http://demo.test:8000"


@dataclass(frozen=True)
class Installed:
    """An installation after `sisir demo`."""

    folder: Path
    output: str
    record: dict[str, Any]
    backends: Backends

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`sisir demo` again, on the same installation."""
        return run_sisir(self.folder, "demo", *words)


def environ_of(folder: Path) -> dict[str, str]:
    return {"SISIR_VAR": str(folder), "SISIR_QUEUE": "memory:", "SISIR_URL": URL}


def run_sisir(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "server", *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SISIR_")}
    return subprocess.run(
        command, env={**kept, **environ_of(folder)}, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The demo on an empty installation, on the embedded defaults."""
    folder = tmp_path_factory.mktemp("demo") / "var"
    done = run_sisir(folder, "demo", "--if-empty")
    assert done.returncode == 0, done.stderr
    backends = open_backends(load_config(environ_of(folder)))
    yield Installed(folder, done.stdout, json.loads((folder / "demo.json").read_text()), backends)
    backends.engine.dispose()


@pytest.fixture
def session(installed: Installed) -> Iterator[Session]:
    """A session of the demo's database, for reading: it keeps nobody from writing."""
    with session_scope(installed.backends.sessions, read_only=True) as opened:
        yield opened
