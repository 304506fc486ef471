"""The backends of one process: database, media, key, queue, boundaries. Below this file no code asks which kind they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine

import server.models.all  # noqa: F401 - every table must be known before the first query
from media.blobs import Storage
from media.sealing import Seal, read_key
from media.storage import open_storage
from server.attempts import Attempts
from server.boundaries import BoundaryCache
from server.config import Config
from server.db import Sessions, now, open_database
from server.errors import SetupError

if TYPE_CHECKING:
    from huey import Huey


@dataclass(frozen=True)
class Backends:
    """Everything a service or job may need besides its session."""

    config: Config
    engine: Engine
    sessions: Sessions
    storage: Storage
    seal: Seal
    boundaries: BoundaryCache
    clock: Callable[[], datetime] = now
    attempts: Attempts = field(default_factory=Attempts)
    """Wrong passwords by address, of this process."""

    @cached_property
    def queue(self) -> Huey:
        """The queue, opened when the first job is sent or run: a page does not wait for it."""
        from workers.queue import open_queue

        return open_queue(self.config.queue)


def open_backends(config: Config) -> Backends:
    """The backends that the configuration names. Opens no connection before it is needed.

    Raises: SetupError when the office key is missing or not readable.
    """
    engine, sessions = open_database(config.database)
    return Backends(
        config=config,
        engine=engine,
        sessions=sessions,
        storage=open_storage(config.media),
        seal=Seal(_office_key(config)),
        boundaries=BoundaryCache(sessions),
    )


def _office_key(config: Config) -> bytes:
    text = config.key
    if text is None:
        if not config.key_file.exists():
            raise SetupError(
                f"there is no office key; run `sisir init` (it makes {config.key_file}) or set SISIR_KEY"
            )
        text = config.key_file.read_text(encoding="ascii").strip()
    try:
        return read_key(text)
    except ValueError as error:
        raise SetupError("the office key is not readable: it must be base64 of 32 bytes") from error
