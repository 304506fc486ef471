"""Running a program with a time limit, in a process group of its own that dies with it.

Belongs here: start, wait, kill, read what it said. Does not: what is run, memory limits (the program sets its
own).
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_MAX_OUTPUT_BYTES = 256 * 1024
# Secrets of the server are in its environment: a child that opens strangers' files gets only what it needs.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class TooSlowError(Exception):
    """The program ran longer than it may and was killed, with all that it had started."""


@dataclass(frozen=True)
class Finished:
    """How a program ended. status: exit status, negative for a signal. Outputs are cut after 256 KB."""

    status: int
    stdout: str
    stderr: str


def run_bounded(
    command: Sequence[str | Path],
    *,
    seconds: float,
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a program in a directory, without our environment but for the search path and the like.

    Raises: TooSlowError; OSError when it cannot be started.
    """
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | dict(
        environment or {}
    )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(  # noqa: S603 - callers give fixed programs, no shell
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=directory,
            env=variables,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=max(seconds, 0.1))
        except subprocess.TimeoutExpired as error:
            raise TooSlowError(f"no result after {seconds:.0f} s") from error
        finally:
            _kill_group(process)
        return Finished(status, _read(out), _read(err))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Also after a normal end: the program may have left children behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read(_MAX_OUTPUT_BYTES).decode("utf-8", "replace")
