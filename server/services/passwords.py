"""Passwords: made into hashes and compared with them. Slow on purpose, so never inside a transaction.

Belongs here: Argon2 and how many of it run at once. Does not: whose password it is (logins.py), rows of any kind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import BadValueError, UnavailableError
from server.services.password_rules import require_good_password

AT_ONCE = 2
"""Each takes 64 MiB and a processor for a tenth of a second."""
WAITING = 2
"""Threads that may wait for their turn; more would take the threads that phones are served by."""

_HASHER = PasswordHasher()
_TURNS = BoundedSemaphore(AT_ONCE)
_PLACES = BoundedSemaphore(AT_ONCE + WAITING)


def hash_password(password: str) -> str:
    """Argon2id of a password. Raises: BadValueError as password_rules.require_good_password, or for half a character."""
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise BadValueError(
            "the password is no text", message_id="Kata sandi berisi huruf yang tidak sah."
        ) from error
    require_good_password(password)
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the hash is of this password; without a hash it is False and takes as long.

    Raises: UnavailableError when AT_ONCE are at work and WAITING wait already.
    """
    with _turn():
        try:
            return _HASHER.verify(stored or _nobodys_hash(), password) and stored is not None
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _PLACES.acquire(blocking=False):
        raise UnavailableError(
            "too many passwords are being checked", message_id="Server sedang sibuk. Coba lagi sebentar."
        )
    try:
        with _TURNS:
            yield
    finally:
        _PLACES.release()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """The hash of no account's password: checking it takes as long as checking a real one."""
    return _HASHER.hash("no account has this password")
