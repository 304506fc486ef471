import os
import sys
import time
from pathlib import Path

import pytest

from forms.child_process import TooSlowError, run_bounded


def python(code: str, tmp_path: Path, seconds: float = 20, **more):
    return run_bounded([sys.executable, "-c", code], seconds=seconds, directory=tmp_path, **more)


def test_status_and_outputs_come_back(tmp_path):
    result = python("import sys, os; print(os.getcwd()); print('x', file=sys.stderr); sys.exit(3)", tmp_path)
    assert (result.status, result.stdout, result.stderr) == (3, f"{tmp_path}\n", "x\n")


def test_secrets_of_our_environment_stay_here(tmp_path, monkeypatch):
    monkeypatch.setenv("SISIR_KEY", "rahasia")
    code = "import os; print(sorted(os.environ))"
    names = python(code, tmp_path, environment={"EXTRA": "1"}).stdout
    assert "SISIR_KEY" not in names
    assert "'EXTRA'" in names
    assert "'PATH'" in names


def test_a_program_that_takes_too_long_dies_with_its_children(tmp_path):
    code = (
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    with pytest.raises(TooSlowError):
        python(code, tmp_path, seconds=2)
    assert time.monotonic() - started < 10
    assert _is_gone(int((tmp_path / "pid").read_text()))


def test_children_left_behind_after_a_normal_end_die_too(tmp_path):
    code = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)\n"
    )
    assert _is_gone(int(python(code, tmp_path).stdout))


def test_endless_output_is_cut(tmp_path):
    assert len(python("print('x' * 5_000_000)", tmp_path).stdout) == 256 * 1024


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    os.kill(pid, 9)
    return False
