"""Rows about the work behind the doors: screening stored submissions again, and memory."""

from sqlalchemy import func, select, update

from server.models.submission import Submission
from server.services import processing
from tests.benchmarks.rows_intake import send_some
from tests.benchmarks.table import Figure
from tests.benchmarks.world import World


def measure_rescreening(world: World) -> list[Figure]:
    """Everything stored is owed a screening again and worked off by one worker, in this process."""
    send_some(world, max(0, world.requests - world.stored()))
    world.wait_until_idle()
    world.stop("worker")
    count = _owe_all(world)
    with world.working() as spent:
        processing.process_owed(world.office.backends)
    world.start("worker")
    rate = count / spent.cpu_s
    return [
        Figure(
            "re-screening stored submissions",
            rate,
            "/s",
            at_least=1500,
            note=f"{count} submissions; {spent.shares(count)}",
        )
    ]


def _owe_all(world: World) -> int:
    with world.office.session() as session:
        session.execute(update(Submission).values(screened_at=None))
        return session.scalar(select(func.count()).select_from(Submission)) or 0


def measure_memory(world: World) -> list[Figure]:
    """Web server and worker after the rows that ran before; run it last."""
    return [Figure("memory of web and worker, after all that", world.most_memory_mb(), "MB", 400)]
