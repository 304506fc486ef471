"""Looking at an installation from end to end: `sisir doctor`.

Belongs here: in which order, and what is left out when something beneath is broken. Does not: the single looks.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.exc import OperationalError

from media.errors import BadOfficeKeyError, BadStorageUrlError
from media.sealing import Seal, read_key
from media.storage import open_storage
from server.config import Config
from server.db import now, open_database
from server.errors import UnavailableError
from server.services import doctor_data, doctor_places
from server.services.diagnosis import Diagnosis, Examination, Level, Limits, Patient, Text

PLACES: tuple[Examination, ...] = (
    doctor_places.examine_storage,
    doctor_places.examine_queue,
    doctor_places.examine_key_file,
    doctor_places.examine_address,
    doctor_places.examine_disk,
    doctor_places.examine_java,
    doctor_places.examine_zone,
)
DATA: tuple[Examination, ...] = (
    doctor_places.examine_clock,
    doctor_data.examine_seals,
    doctor_data.examine_media,
    doctor_data.examine_work,
    doctor_data.examine_rules,
    doctor_data.examine_register,
)


def examine(
    config: Config,
    *,
    is_full: bool = False,
    limits: Limits | None = None,
    clock: Callable[[], datetime] = now,
) -> Iterator[Diagnosis]:
    """Everything that is wrong with the installation, as it is found; nothing when all is well.

    Args: is_full reads every media file. Effects: none, but small files and messages that are written and taken away again.
    """
    seal, about_key = _open_seal(config)
    yield from about_key
    try:
        storage = open_storage(config.media)
    except BadStorageUrlError as error:
        yield Diagnosis(
            "media_address",
            Level.error,
            Text(f"SISIR_MEDIA tidak dapat dibaca: {error}.", f"SISIR_MEDIA cannot be read: {error}."),
            Text("Betulkan SISIR_MEDIA.", "Mend SISIR_MEDIA."),
        )
        return
    engine, sessions = open_database(config.database)
    patient = Patient(config, engine, sessions, storage, seal, clock, limits or Limits(), is_full)
    try:
        for look in PLACES:
            yield from look(patient)
        of_database = list(doctor_places.examine_database(patient))
        yield from of_database
        if not of_database:
            yield from _examine_data(patient)
    finally:
        engine.dispose()


def _examine_data(patient: Patient) -> Iterator[Diagnosis]:
    for look in DATA:
        try:
            yield from look(patient)
        except (UnavailableError, OperationalError) as error:
            reason = error.message if isinstance(error, UnavailableError) else type(error.orig).__name__
            yield Diagnosis(
                "database_failing",
                Level.error,
                Text(
                    f"Basis data berhenti menjawab: {reason}.",
                    f"The database stopped answering: {reason}.",
                ),
                Text("Periksa server basis data, lalu ulangi.", "Check the database server, then repeat."),
            )
            return


def _open_seal(config: Config) -> tuple[Seal | None, list[Diagnosis]]:
    """The seal, or what is wrong with the key."""
    text = config.key
    if text is None and config.key_file.exists():
        try:
            text = config.key_file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            text = ""
    if text is None:
        return None, [
            Diagnosis(
                "key_missing",
                Level.error,
                Text("Kunci kantor tidak ada.", "There is no office key."),
                Text(
                    f"Letakkan kunci lama di {config.key_file} atau SISIR_KEY; hanya pada pemasangan baru jalankan `sisir init`.",
                    f"Put the key into {config.key_file} or SISIR_KEY; only for a new installation run `sisir init`.",
                ),
            )
        ]
    try:
        return Seal(read_key(text)), []
    except BadOfficeKeyError:
        return None, [
            Diagnosis(
                "key_unreadable",
                Level.error,
                Text("Kunci kantor tidak dapat dibaca.", "The office key cannot be read."),
                Text(
                    "Kunci itu base64 dari 32 byte; salin lagi dari simpanan Anda.",
                    "It is base64 of 32 bytes; copy it again from where you keep it.",
                ),
            )
        ]
