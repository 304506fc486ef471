"""Waking workers: many submissions at once are one message."""

import threading
import time

from server.jobs import Gatherer


def test_what_is_noted_within_the_time_is_passed_on_once():
    sent, done = [], threading.Event()

    def send(number: int) -> None:
        sent.append(number)
        done.set()

    gatherer = Gatherer(send, 0.05)
    for number in range(50):
        gatherer.note(number)
    assert done.wait(5)
    assert sent == [0]


def test_what_is_noted_after_a_message_gets_one_of_its_own():
    sent = []
    gatherer = Gatherer(sent.append, 0.01)
    gatherer.note(1)
    deadline = time.monotonic() + 5
    while sent != [1] and time.monotonic() < deadline:
        time.sleep(0.005)
    gatherer.note(2)
    while sent != [1, 2] and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sent == [1, 2]
