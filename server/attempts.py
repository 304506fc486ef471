"""Wrong passwords by address: how many came from where lately. In memory, bounded, of one web process.

Belongs here: counting and the limit. Does not: the lock of an account, which is in the database and holds for all
processes (services/logins.py). Phones never come here: a token is no password, and is not guessed.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

MAX_FAILURES = 50
WINDOW_S = 15 * 60
MAX_ADDRESSES = 10_000
IPV6_NETWORK_BITS = 64


class Attempts:
    """Failures per address within a window that begins with the first one.

    Remembers at most MAX_ADDRESSES addresses; the one that failed longest ago is forgotten first. An IPv6 customer has a
    /64 to choose addresses from, so that counts as one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Seconds until this address may try a password again; 0 when it may now."""
        with self._lock:
            began, count = self._failures.get(network_of(address), (0.0, 0))
            left = began + WINDOW_S - self._clock()
            return int(left) + 1 if count >= MAX_FAILURES and left > 0 else 0

    def count_failure(self, address: str) -> None:
        """One more wrong password from this address."""
        key, moment = network_of(address), self._clock()
        with self._lock:
            began, count = self._failures.pop(key, (moment, 0))
            if moment - began >= WINDOW_S:
                began, count = moment, 0
            self._failures[key] = (began, count + 1)
            while len(self._failures) > MAX_ADDRESSES:
                self._failures.popitem(last=False)

    def __len__(self) -> int:
        return len(self._failures)


def network_of(address: str) -> str:
    """What an address is counted under: itself, or the /64 of an IPv6 address; '' for what is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))
