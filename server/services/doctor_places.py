"""What is wrong around the data: database, schema, media, queue, key, address, disk, Java, clock.

Belongs here: one function for each thing to look at. Does not: what the rows say (doctor_data.py).
"""

import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import func, select

from forms.validate import find_java, find_validate_jar
from media.errors import StorageError
from server.db import session_scope
from server.models.audit import Audit
from server.models.submission import Submission
from server.schema import look_at_schema
from server.services.diagnosis import Diagnosis, Level, Patient, Text

ZONES = ("Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura")
_MEGABYTE = 1_000_000


def examine_database(patient: Patient) -> Iterator[Diagnosis]:
    """Does it answer, and is its schema ours?"""
    state = look_at_schema(patient.config.database)
    if state is None:
        yield Diagnosis(
            "database_unreachable",
            Level.error,
            Text("Basis data tidak menjawab.", "The database does not answer."),
            Text(
                "Periksa SISIR_DATABASE, dan apakah server PostgreSQL berjalan atau berkas SQLite dapat dibaca.",
                "Check SISIR_DATABASE, and whether the PostgreSQL server runs or the SQLite file can be read.",
            ),
        )
    elif state.found is None:
        yield Diagnosis(
            "database_empty",
            Level.error,
            Text("Basis data belum berisi tabel.", "The database has no tables yet."),
            Text("Jalankan `sisir init`.", "Run `sisir init`."),
        )
    elif not state.is_known:
        yield Diagnosis(
            "schema_ahead",
            Level.error,
            Text(
                f"Basis data (skema {state.found}) dibuat oleh Sisir yang lebih baru daripada program ini ({state.wanted}).",
                f"The database (schema {state.found}) was made by a newer Sisir than this program ({state.wanted}).",
            ),
            Text("Pasang kembali Sisir yang lebih baru.", "Install the newer Sisir again."),
        )
    elif not state.is_current:
        yield Diagnosis(
            "schema_behind",
            Level.error,
            Text(
                f"Basis data masih berskema lama ({state.found}; program ini perlu {state.wanted}).",
                f"The database has an old schema ({state.found}; this program needs {state.wanted}).",
            ),
            Text(
                "Hentikan server, jalankan `sisir backup FOLDER`, lalu `sisir init`.",
                "Stop the server, run `sisir backup FOLDER`, then `sisir init`.",
            ),
        )


def examine_storage(patient: Patient) -> Iterator[Diagnosis]:
    """Can media be written, read and deleted?"""
    try:
        patient.storage.check()
    except StorageError as error:
        yield Diagnosis(
            "media_unreachable",
            Level.error,
            Text(f"Tempat foto tidak dapat dipakai: {error}.", f"The media storage cannot be used: {error}."),
            Text(
                "Periksa SISIR_MEDIA, server S3, hak tulis dan ruang disk. Selama ini HP menerima jawaban 503 dan mengirim ulang.",
                "Check SISIR_MEDIA, the S3 server, the right to write and disk space. Phones get 503 meanwhile and send again.",
            ),
        )


def examine_queue(patient: Patient) -> Iterator[Diagnosis]:
    """Can messages be written and read?"""
    from workers.queue import QueueError, check_queue, open_queue

    try:
        queue = open_queue(patient.config.queue)
        check_queue(queue)
        queue.storage.close()
    except QueueError as error:
        yield Diagnosis(
            "queue_unreachable",
            Level.error,
            Text(f"Antrean kerja tidak menjawab: {error}.", f"The queue does not answer: {error}."),
            Text(
                "Periksa SISIR_QUEUE. Kiriman tetap diterima, tetapi baru diperiksa setelah antrean kembali.",
                "Check SISIR_QUEUE. Submissions are taken all the same, but checked only when the queue is back.",
            ),
        )


def examine_key_file(patient: Patient) -> Iterator[Diagnosis]:
    """Can others read the office key?"""
    path = patient.config.key_file
    if patient.config.key is None and path.exists() and path.stat().st_mode & 0o077:
        yield Diagnosis(
            "key_file_open",
            Level.warning,
            Text(
                f"Kunci kantor {path} dapat dibaca pengguna lain di mesin ini.",
                f"Other users of this machine can read the office key {path}.",
            ),
            Text(f"Jalankan `chmod 600 {path}`.", f"Run `chmod 600 {path}`."),
        )


def examine_address(patient: Patient) -> Iterator[Diagnosis]:
    """Is the public address one that phones can reach, and is it https?"""
    url = patient.config.url
    if not patient.config.is_https:
        yield Diagnosis(
            "address_http",
            Level.warning,
            Text(
                f"SISIR_URL ({url}) memakai http: sandi dan jawaban lewat jaringan tanpa sandi.",
                f"SISIR_URL ({url}) is http: passwords and answers cross the network unencrypted.",
            ),
            Text(
                "Di luar satu jaringan kantor, pasang proxy dengan sertifikat dan tulis SISIR_URL=https://….",
                "Outside of one office network put a proxy with a certificate in front and set SISIR_URL=https://….",
            ),
        )
    if _is_this_machine(urlsplit(url).hostname or ""):
        yield Diagnosis(
            "address_local",
            Level.warning,
            Text(
                f"SISIR_URL ({url}) hanya berarti mesin ini; HP petugas tidak dapat mencapainya.",
                f"SISIR_URL ({url}) means this machine only; officers' phones cannot reach it.",
            ),
            Text(
                "Sambungkan mesin ke jaringan, atau tulis alamatnya di SISIR_URL.",
                "Connect the machine to a network, or put its address into SISIR_URL.",
            ),
        )
    if reason := _why_silent(url, patient.limits.answer_s):
        yield Diagnosis(
            "address_silent",
            Level.warning,
            Text(
                f"Tidak ada Sisir yang menjawab di {url} ({reason}).",
                f"No Sisir answers at {url} ({reason}).",
            ),
            Text(
                "Jalankan `sisir serve`; bila sudah berjalan, periksa SISIR_URL, SISIR_HOST, firewall dan sertifikat.",
                "Start `sisir serve`; when it runs already, check SISIR_URL, SISIR_HOST, the firewall and the certificate.",
            ),
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _why_silent(url: str, wait_s: float) -> str | None:
    """None when a server answers there, whatever it says; else the kind of failure."""
    try:
        with urllib.request.urlopen(f"{url}/login", timeout=wait_s) as answer:  # noqa: S310 - http or https, by load_config
            return None if answer.status == 200 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except (urllib.error.URLError, ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return type(reason).__name__ if not isinstance(reason, OSError) else (reason.strerror or "timeout")


def examine_disk(patient: Patient) -> Iterator[Diagnosis]:
    """Is there room where runtime files lie?"""
    folder = patient.config.var
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < patient.limits.free_warning_bytes:
        yield Diagnosis(
            "disk_full",
            Level.error if free < patient.limits.free_error_bytes else Level.warning,
            Text(
                f"Sisa ruang disk di {folder} tinggal {free // _MEGABYTE} MB.",
                f"Only {free // _MEGABYTE} MB are free on the disk of {folder}.",
            ),
            Text(
                "Kosongkan ruang atau pindahkan SISIR_VAR. Bila penuh, HP menerima jawaban 503 dan menyimpan isiannya.",
                "Make room or move SISIR_VAR. When it is full, phones get 503 and keep what they have.",
            ),
            {"free_bytes": free},
        )


def examine_java(_patient: Patient) -> Iterator[Diagnosis]:
    """Can forms be validated?"""
    if find_java() is None or find_validate_jar() is None:
        yield Diagnosis(
            "java_missing",
            Level.warning,
            Text(
                "Java tidak ada: formulir diterbitkan tanpa diperiksa ODK Validate.",
                "There is no Java: forms are published without a look by ODK Validate.",
            ),
            Text(
                "Jalankan `pip install 'sisir[java]'` atau pasang Java 17.",
                "Run `pip install 'sisir[java]'`, or install Java 17.",
            ),
        )


def examine_zone(patient: Patient) -> Iterator[Diagnosis]:
    """Is the office's time zone one of Indonesia's?"""
    zone = patient.config.timezone.key
    if zone not in ZONES:
        yield Diagnosis(
            "timezone_odd",
            Level.warning,
            Text(
                f"Zona waktu kantor {zone} bukan zona Indonesia; jam wawancara akan dinilai keliru.",
                f"The office's time zone {zone} is none of Indonesia's; hours of interviews will be judged wrongly.",
            ),
            Text(f"Tulis SISIR_TIMEZONE: {', '.join(ZONES)}.", f"Set SISIR_TIMEZONE: {', '.join(ZONES)}."),
        )


def examine_clock(patient: Patient) -> Iterator[Diagnosis]:
    """Has the clock of this machine, or the database's, jumped?"""
    present, allowed = patient.clock(), patient.limits.clock_jump
    with session_scope(patient.sessions, read_only=True) as session:
        newest = [
            session.scalar(select(func.max(Submission.received_at))),
            session.scalar(select(Audit.logged_at).order_by(Audit.id.desc()).limit(1)),
        ]
        theirs: datetime | None = None
        if patient.engine.dialect.name == "postgresql":
            theirs = session.scalar(select(func.clock_timestamp()))
    latest = max((moment for moment in newest if moment is not None), default=None)
    if latest is not None and latest - present > allowed:
        yield Diagnosis(
            "clock_back",
            Level.error,
            Text(
                f"Jam mesin ini mundur: ada kejadian yang tercatat {_span((latest - present).total_seconds())} di masa depan.",
                f"The clock of this machine went back: something is recorded {_span((latest - present).total_seconds())} in the future.",
            ),
            Text(
                "Betulkan jam mesin (NTP, `timedatectl`), lalu mulai ulang server.",
                "Set the clock right (NTP, `timedatectl`), then restart the server.",
            ),
        )
    if theirs is not None and abs(theirs - present) > allowed:
        yield Diagnosis(
            "clock_differs",
            Level.error,
            Text(
                f"Jam mesin ini dan jam basis data berbeda {_span(abs((theirs - present).total_seconds()))}.",
                f"The clocks of this machine and of the database differ by {_span(abs((theirs - present).total_seconds()))}.",
            ),
            Text("Betulkan jam keduanya (NTP).", "Set both clocks right (NTP)."),
        )


def _span(seconds: float) -> str:
    return f"{seconds / 86400:.1f} d" if seconds > 2 * 86400 else f"{seconds / 60:.0f} min"
