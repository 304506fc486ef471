"""A load balancer as small as can be: every new connection goes to the next of several servers, as a proxy in front would do."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE_BYTES = 1 << 16


@contextmanager
def balancing(port: int, targets: list[int]) -> Iterator[list[int]]:
    """Listens on a port of 127.0.0.1 and hands connections on, in turn. Gives the list of targets used so far."""
    loop = asyncio.new_event_loop()
    used: list[int] = []
    turns = itertools.cycle(targets)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = next(turns)
        used.append(target)
        with suppress(OSError):
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(_copy(reader, onward_writer), _copy(onward_reader, writer))
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield used
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            target.write(piece)
            await target.drain()
    with suppress(OSError, RuntimeError):
        target.write_eof()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
