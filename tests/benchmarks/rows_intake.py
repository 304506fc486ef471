"""Rows about what phones send."""

import random

import numpy as np
from PIL import Image

from server.services import photo_looks, processing
from server.services.claims import owed_query
from tests.benchmarks import form
from tests.benchmarks.load import Answers, Request, new_instance_id, send_all, submission
from tests.benchmarks.table import Figure
from tests.benchmarks.world import World
from tests.media.pictures import encode

CONCURRENCY = 8


def measure_intake(world: World) -> list[Figure]:
    """Submissions of 60 questions at concurrency 8, the worker running beside: every check and 40 rules included."""
    send_some(world, 100)
    world.wait_until_idle()
    with world.measured() as spent:
        answers = send_some(world, world.requests)
        world.wait_until_idle()
    assert answers.statuses == {201: world.requests}, answers.statuses
    ms = spent.cpu_s / world.requests * 1000
    rate = f"{world.requests / answers.seconds:.0f}/s by the clock; {spent.shares(world.requests)}"
    limit = ("raw commit", world.limits.commit_ms)
    return [Figure("submission, screening and rules included", ms, "ms", 5.5, limit, rate)]


def measure_photos(world: World) -> list[Figure]:
    """The same with two photos of 300 KB; the worker stands still meanwhile, so that its analysis can be told apart."""
    count = max(50, world.requests // 10)
    world.stop("worker")
    requests = [_request(world, number, photos=True) for number in world.numbers(count)]
    with world.measured() as intake:
        answers = send_all(world.port, requests, CONCURRENCY)
    assert answers.statuses == {201: count}, answers.statuses
    with world.office.session() as session:
        owed = list(session.scalars(owed_query()))
    with world.working() as looking:
        photo_looks.look_at_photos(world.office.backends, owed)
    with world.working() as screening:
        processing.process_owed(world.office.backends)
    world.start("worker")
    limit = ("600 KB written", world.limits.copy_600_kb_ms)
    ms = (intake.cpu_s + screening.cpu_s) / count * 1000
    return [
        Figure(
            "with two 300 KB photos, analysis apart",
            ms,
            "ms",
            11,
            limit,
            f"intake: {intake.shares(count)}; screening: {screening.shares(count)}",
        ),
        Figure("analysis of two photos", looking.cpu_s / count * 1000, "ms"),
    ]


def measure_again(world: World) -> list[Figure]:
    """One instance sent again and again at concurrency 8; all are thanked."""
    request = _request(world, world.numbers(1)[0])
    send_all(world.port, [request] * 8, CONCURRENCY)
    world.wait_until_idle()
    stored = world.stored()
    with world.measured() as spent:
        answers = send_all(world.port, [request] * world.requests, CONCURRENCY)
    assert world.stored() == stored
    ms = spent.cpu_s / world.requests * 1000
    return [
        Figure(
            "the same instance again",
            ms,
            "ms",
            2,
            ("raw commit", world.limits.commit_ms),
            spent.shares(world.requests),
        ),
        Figure("the same instance again, refused", answers.refused, "", 0),
    ]


def send_some(world: World, count: int) -> Answers:
    """So many new submissions at concurrency 8."""
    requests = [_request(world, number) for number in world.numbers(count)]
    return send_all(world.port, requests, CONCURRENCY)


def _request(world: World, number: int, *, photos: bool = False) -> Request:
    house, phone = world.houses[number % len(world.houses)], world.phones[number % len(world.phones)]
    xml = form.fill(number, house.uuid, house.point, new_instance_id(), photos=photos)
    files = {name: _photo(f"{number} {name}") for name in form.photo_names(number).values()} if photos else {}
    return submission(phone.url("submission?deviceID=bench"), xml, files)


def _photo(seed: str) -> bytes:
    """A picture of about 300 KB that resembles no other."""
    random_ = np.random.default_rng(random.Random(seed).randrange(2**32))
    coarse = Image.fromarray(random_.integers(0, 255, (9, 12, 3), dtype=np.uint8)).resize((1024, 768))
    noise = random_.integers(0, 26, (768, 1024, 3), dtype=np.uint8)
    return encode(Image.fromarray((np.asarray(coarse) // 2 + 40 + noise).astype(np.uint8)))
