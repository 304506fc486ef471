"""What `sisir doctor` says: one sentence on what is wrong, one on what to do, in both languages.

Belongs here: the shape of a diagnosis and what a check may look at. Does not: the checks (doctor_places.py, doctor_data.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import Engine

from media.blobs import Storage
from media.sealing import Seal
from server.config import Config
from server.db import Sessions


class Level(IntEnum):
    """How bad it is; also the exit status of the command."""

    fine = 0
    warning = 1
    error = 2


@dataclass(frozen=True)
class Text:
    """A sentence in both languages."""

    id: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in 'id' or 'en'."""
        return self.id if language == "id" else self.en


@dataclass(frozen=True)
class Diagnosis:
    """One finding about the installation. details: ids, codes, counts; never names, numbers of people, secrets."""

    code: str
    level: Level
    wrong: Text
    advice: Text
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """From when on something is told."""

    owed_after: timedelta = timedelta(minutes=5)
    clock_jump: timedelta = timedelta(minutes=5)
    free_error_bytes: int = 500_000_000
    free_warning_bytes: int = 3_000_000_000
    media_sample: int = 200
    visits_sample: int = 20
    answer_s: float = 3.0


@dataclass(frozen=True)
class Patient:
    """The installation that is looked at. seal None: there is no usable key. is_full: look at every media file."""

    config: Config
    engine: Engine
    sessions: Sessions
    storage: Storage
    seal: Seal | None
    clock: Callable[[], datetime]
    limits: Limits = Limits()
    is_full: bool = False


Examination = Callable[[Patient], Iterator[Diagnosis]]


def some(items: list[str], limit: int = 5) -> str:
    """A few of many, for a sentence."""
    return ", ".join(items[:limit]) + (" …" if len(items) > limit else "")
