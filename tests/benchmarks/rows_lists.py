"""Rows about what phones fetch."""

from collections.abc import Sequence

from tests.benchmarks import filling, form
from tests.benchmarks.load import Answers, Request, get, send_all
from tests.benchmarks.table import Figure
from tests.benchmarks.world import World

CONCURRENCY = 8


def measure_form_list(world: World) -> list[Figure]:
    """GET formList."""
    ms, _, note = _measure(world, [get(phone.url("formList")) for phone in world.phones], world.requests)
    return [Figure("formList", ms, "ms", 0.9, ("raw commit", world.limits.commit_ms), note)]


def measure_manifest(world: World) -> list[Figure]:
    """GET manifest of a form with an entity list."""
    requests = [get(phone.url(f"forms/{form.FORM_ID}/manifest")) for phone in world.phones]
    ms, _, note = _measure(world, requests, world.requests)
    return [
        Figure("manifest with an entity list", ms, "ms", 1.2, ("raw commit", world.limits.commit_ms), note)
    ]


def measure_csv(world: World) -> list[Figure]:
    """GET keluarga.csv of 7,000 rows: built anew, and unchanged since."""
    path = world.phones[0].url(f"forms/{form.FORM_ID}/attachments/keluarga.csv")
    built_ms, answers, _ = _measure(world, [get(path)], max(20, world.requests // 20), concurrency=2)
    size = answers.bytes_read // answers.statuses[200]
    etag = {"If-None-Match": answers.last_headers["etag"]}
    same_ms, same, same_note = _measure(world, [get(path, **etag)], world.requests)
    assert set(same.statuses) == {304}, same.statuses
    copied = ("600 KB written", world.limits.copy_600_kb_ms)
    return [
        Figure(
            f"entity CSV of {filling.HOUSES} rows, built", built_ms, "ms", 60, copied, f"{size / 1e6:.2f} MB"
        ),
        Figure(
            "entity CSV, unchanged (304)",
            same_ms,
            "ms",
            1.5,
            ("raw commit", world.limits.commit_ms),
            same_note,
        ),
    ]


def _measure(
    world: World, requests: Sequence[Request], count: int, *, concurrency: int = CONCURRENCY
) -> tuple[float, Answers, str]:
    """(CPU milliseconds a request, answers, whose milliseconds they are), after a warm-up."""
    repeated = [requests[number % len(requests)] for number in range(count)]
    send_all(world.port, repeated[: max(8, count // 20)], concurrency)
    with world.measured() as spent:
        answers = send_all(world.port, repeated, concurrency)
    assert answers.refused == 0, answers.statuses
    return spent.cpu_s / count * 1000, answers, spent.shares(count)
