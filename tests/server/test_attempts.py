"""Wrong passwords by address: the limit, its end, and that memory stays bounded."""

import pytest

from server import attempts
from server.attempts import Attempts, network_of


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_an_address_waits_after_too_many_failures_and_may_again_later():
    clock = Clock()
    counted = Attempts(clock)
    for _ in range(attempts.MAX_FAILURES - 1):
        counted.count_failure("203.0.113.7")
    assert counted.wait_s("203.0.113.7") == 0
    counted.count_failure("203.0.113.7")
    assert 0 < counted.wait_s("203.0.113.7") <= attempts.WINDOW_S + 1
    assert counted.wait_s("203.0.113.8") == 0
    clock.at += attempts.WINDOW_S + 1
    assert counted.wait_s("203.0.113.7") == 0
    counted.count_failure("203.0.113.7")
    assert counted.wait_s("203.0.113.7") == 0


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(attempts, "MAX_ADDRESSES", 100)
    counted = Attempts()
    for number in range(1000):
        counted.count_failure(f"10.0.{number // 256}.{number % 256}")
    assert len(counted) == 100


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("kantor", ""),
    ],
)
def test_addresses_of_one_network_count_as_one(address, network):
    assert network_of(address) == network
