"""Runs a program that ends when its parent ends, as another user if asked: leash.py USER PROGRAM ARGUMENT…

A test run that is killed leaves no server behind. Not imported: tests.servers starts it as a script.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(user: str, command: list[str]) -> None:
    """Becomes the program; never returns. USER '-' means: stay who we are."""
    parent = os.getppid()
    if user != "-":
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            sys.exit("the parent is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
