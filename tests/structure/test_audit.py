"""What `make check` makes of an audit of the dependencies: fails on findings, loud when nobody could be asked."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLAW = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


CLEAN = {"name": "flask", "version": "3.1", "vulns": []}
BAD = {"name": "pillow", "version": "1.0", "vulns": [FLAW]}
SKIPPED = {"name": "lxml", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("said", "status", "text"),
    [
        (answer(CLEAN), 0, "No known vulnerability in 1"),
        (answer(CLEAN, SKIPPED), 0, "NOT LOOKED AT: lxml"),
        (answer(CLEAN, BAD), 1, "pillow 1.0: PYSEC-1, mended in 2.0"),
        (answer(SKIPPED), None, "knows none of 1"),
        (None, None, "does not answer"),
    ],
)
def test_verdicts(audit, said, status, text):
    got, told = audit.judge(said)
    assert got == status
    assert text in told


def test_nobody_to_ask_is_said_loudly_and_passes(audit, monkeypatch, capsys):
    monkeypatch.setattr(audit, "ask", lambda *_: None)
    assert audit.main("constraints.txt") == 0
    assert "DEPENDENCIES WERE NOT AUDITED" in capsys.readouterr().out


def test_second_service_decides_when_the_first_knows_nothing(audit, monkeypatch):
    monkeypatch.setattr(audit, "ask", lambda _, service: answer(SKIPPED if service == "pypi" else BAD))
    assert audit.main("constraints.txt") == 1
