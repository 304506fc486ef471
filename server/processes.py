"""Processes that belong together end together, whatever kills the first of them.

Belongs here: what a process asks of the operating system about itself. Does not: which processes there are (cli/serve.py).
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
OPEN_FILES = 8192


def end_with_parent(end: signal.Signals = signal.SIGTERM) -> None:
    """This process gets a signal when the one that started it is gone. Does nothing where there is no Linux."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, end)
    if os.getppid() != parent:
        os.kill(os.getpid(), end)


def allow_open_files(wanted: int = OPEN_FILES) -> None:
    """Raises this process's limit of open files, for itself and those it starts, as far as the system lets it.

    The usual 1024 are gone with a thousand phones that keep their connections open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
