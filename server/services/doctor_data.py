"""What is wrong in the data: sealed values, media, work left undone, settings, facts, boundaries, officers, refusals.

Belongs here: one function for each thing to look at. Does not: what is around the data (doctor_places.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from forms.facts_catalog import FACTS
from forms.rule_terms import Level as RuleLevel
from forms.settings_catalog import SETTINGS
from media.blobs import digest_file
from media.errors import BlobMissingError, DamagedSealError, StorageError, WrongKeyError
from server.backends import Backends
from server.boundaries import BoundaryCache
from server.db import session_scope
from server.models.actor import Actor, ActorArea, ActorKind, AuthSession
from server.models.area import Area
from server.models.blob import Blob
from server.models.form import Form
from server.models.household import Household
from server.models.project import Project
from server.models.submission import Refused, Submission, SubmissionVersion
from server.services import facts, settings
from server.services.blobs import iter_blob
from server.services.campaign_rules import load_campaign_rules
from server.services.diagnosis import Diagnosis, Level, Patient, Text, some
from workers.findings import fact_values

_SAMPLE = 3


def examine_seals(patient: Patient) -> Iterator[Diagnosis]:
    """Can a few sealed values of each kind be opened with the office key?"""
    if patient.seal is None:
        return
    wrong, damaged = 0, 0
    with session_scope(patient.sessions, read_only=True) as session:
        for is_column, sealed in _sealed_samples(session):
            try:
                patient.seal.open_text(sealed) if is_column else patient.seal.open(sealed)
            except WrongKeyError:
                wrong += 1
            except DamagedSealError:
                damaged += 1
    if wrong:
        yield Diagnosis(
            "key_wrong",
            Level.error,
            Text(
                "Kunci kantor yang terpasang bukan kunci yang dipakai saat data ini disimpan.",
                "The office key in use is not the one with which these data were sealed.",
            ),
            Text(
                f"Kembalikan kunci yang benar ke SISIR_KEY atau {patient.config.key_file}. Jangan membuat kunci baru.",
                f"Put the right key back into SISIR_KEY or {patient.config.key_file}. Do not make a new one.",
            ),
            {"values": wrong},
        )
    if damaged:
        yield Diagnosis(
            "sealed_damaged",
            Level.error,
            Text(
                f"{damaged} nilai tersandi di basis data rusak.",
                f"{damaged} sealed values in the database are damaged.",
            ),
            Text(
                "Basis data diubah dari luar; pulihkan dari cadangan.",
                "The database was changed from outside; restore a backup.",
            ),
            {"values": damaged},
        )


def _sealed_samples(session: Session) -> Iterator[tuple[bool, bytes]]:
    """(is it a column's short form, the sealed bytes): the newest and the oldest of each kind."""
    kinds: tuple[tuple[bool, Any, Any, Any], ...] = (
        (True, AuthSession.token_sealed, AuthSession.id, AuthSession.token_sealed.is_not(None)),
        (True, Household.nik_sealed, Household.id, Household.nik_sealed.is_not(None)),
        (False, SubmissionVersion.xml, SubmissionVersion.id, SubmissionVersion.is_sealed),
        (False, Refused.body, Refused.id, true()),
    )
    for is_column, column, key, condition in kinds:
        for order in (key, key.desc()):
            for value in session.scalars(select(column).where(condition).order_by(order).limit(_SAMPLE)):
                yield is_column, value


def examine_media(patient: Patient) -> Iterator[Diagnosis]:
    """Are media files there with the bytes that were received? The newest and the oldest, or all."""
    missing: list[str] = []
    altered: list[str] = []
    with session_scope(patient.sessions, read_only=True) as session:
        for blob in _blobs(session, patient):
            state = _look_at_blob(patient, blob)
            (missing if state == "missing" else altered if state == "altered" else []).append(str(blob.id))
    for code, found, words in (
        ("media_missing", missing, ("hilang dari tempat foto", "are missing from the media storage")),
        ("media_altered", altered, ("tidak lagi seperti saat diterima", "are not as they were received")),
    ):
        if found:
            yield Diagnosis(
                code,
                Level.error,
                Text(f"{len(found)} berkas foto {words[0]}.", f"{len(found)} media files {words[1]}."),
                Text(
                    "Salin kembali dari cadangan (folder media, nama berkas = kunci)"
                    + ("." if patient.is_full else "; `sisir doctor --full` memeriksa semua."),
                    "Copy them back from a backup (folder media, named by key)"
                    + ("." if patient.is_full else "; `sisir doctor --full` looks at all."),
                ),
                {"blob_ids": found[:100], "count": len(found)},
            )


def _blobs(session: Session, patient: Patient) -> Iterator[Blob]:
    query = select(Blob).order_by(Blob.id.desc())
    if patient.is_full:
        yield from session.scalars(query, execution_options={"yield_per": 500})
        return
    half = patient.limits.media_sample // 2
    found = {blob.id: blob for blob in session.scalars(query.limit(half))}
    found |= {blob.id: blob for blob in session.scalars(select(Blob).order_by(Blob.id).limit(half))}
    yield from found.values()


def _look_at_blob(patient: Patient, blob: Blob) -> str:
    """'missing', 'altered' or 'whole'; a sealed one whose key is not here is only looked for."""
    try:
        if blob.sealed:
            return _look_at_sealed(patient, blob)
        with patient.storage.open(blob.key) as file:
            return "whole" if digest_file(file).sha256 == blob.sha256 else "altered"
    except BlobMissingError:
        return "missing"
    except StorageError:
        return "whole"


def _look_at_sealed(patient: Patient, blob: Blob) -> str:
    if patient.seal is None:
        return "whole" if patient.storage.exists(blob.key) else "missing"
    try:
        for _ in iter_blob(_backends(patient), blob):
            pass
    except DamagedSealError:
        return "altered"
    except WrongKeyError:
        return "whole"
    return "whole"


def _backends(patient: Patient) -> Backends:
    if patient.seal is None:
        raise ValueError("no office key")
    return Backends(
        patient.config,
        patient.engine,
        patient.sessions,
        patient.storage,
        patient.seal,
        BoundaryCache(patient.sessions),
        patient.clock,
    )


def examine_work(patient: Patient) -> Iterator[Diagnosis]:
    """Is work left undone, or given up?"""
    alive = (Submission.deleted_at.is_(None), Submission.is_draft.is_(False))
    since = patient.clock() - patient.limits.owed_after
    owed_query = (
        select(func.count())
        .select_from(Submission)
        .where(*alive, Submission.screened_at.is_(None), Submission.received_at < since)
    )
    with session_scope(patient.sessions, read_only=True) as session:
        owed = session.scalar(owed_query) or 0
        failed = (
            session.scalar(
                select(func.count())
                .select_from(Submission)
                .where(*alive, Submission.screening_error.is_not(None))
            )
            or 0
        )
        refused = session.scalar(select(func.count()).select_from(Refused)) or 0
    minutes = int(patient.limits.owed_after.total_seconds() // 60)
    if owed:
        yield Diagnosis(
            "work_owed",
            Level.error,
            Text(
                f"{owed} kiriman menunggu diperiksa lebih dari {minutes} menit: tampaknya tidak ada pekerja.",
                f"{owed} submissions have waited for their checks for over {minutes} minutes: no worker seems to run.",
            ),
            Text(
                "Jalankan `sisir serve` (tanpa --no-worker) atau `sisir worker`; lihat lognya.",
                "Start `sisir serve` (without --no-worker) or `sisir worker`; read its log.",
            ),
            {"count": owed},
        )
    if failed:
        yield Diagnosis(
            "work_failed",
            Level.warning,
            Text(f"{failed} kiriman gagal diperiksa.", f"{failed} submissions could not be checked."),
            Text(
                "Sebabnya tertulis di kirimannya di konsol; setelah dibetulkan jalankan `sisir screen --all`.",
                "The reason stands with them in the console; when it is mended, run `sisir screen --all`.",
            ),
            {"count": failed},
        )
    if refused:
        yield Diagnosis(
            "refused_waiting",
            Level.warning,
            Text(
                f"{refused} kiriman ditolak dan disimpan untuk diselamatkan.",
                f"{refused} submissions were refused and are kept for rescue.",
            ),
            Text(
                "Lihat sebabnya dengan `sisir refused list`; setelah dibetulkan: `sisir refused take NOMOR`.",
                "See why with `sisir refused list`; when the cause is mended: `sisir refused take NUMBER`.",
            ),
            {"count": refused},
        )


def examine_rules(patient: Patient) -> Iterator[Diagnosis]:
    """Do rules in force read settings that nobody set, or facts that no visit ever had?"""
    readers: dict[str, set[str]] = defaultdict(set)
    with session_scope(patient.sessions, read_only=True) as session:
        for project_id in session.scalars(select(Project.id).where(Project.deleted_at.is_(None))):
            for rule_name, name in _names_read(session, project_id):
                readers[name].add(rule_name)
        unset = settings.missing_settings(session, readers.keys() & SETTINGS.keys())
    if unset:
        rules = sorted({rule for name in unset for rule in readers[name]})
        yield Diagnosis(
            "settings_unset",
            Level.warning,
            Text(
                f"Pengaturan yang dipakai aturan belum diisi: {some(unset)}. Aturan {some(rules)} tidak dapat dinilai.",
                f"Settings that rules read were never set: {some(unset)}. Rules {some(rules)} cannot be judged.",
            ),
            Text("Isi di konsol, halaman Aturan.", "Set them in the console, page Rules."),
            {"settings": unset, "rules": rules},
        )
    yield from _unknown_facts(patient, readers)


def _names_read(session: Session, project_id: int) -> Iterator[tuple[str, str]]:
    """(rule, name without $ that it reads) of the campaign's forms in force, household-level facts left out."""
    rules = load_campaign_rules(session, project_id)
    versions = session.scalars(
        select(Form.current_version_id).where(
            Form.project_id == project_id, Form.deleted_at.is_(None), Form.current_version_id.is_not(None)
        )
    ).all()
    for version_id in versions:
        rule_set = rules.of_version(session, version_id or 0)
        for rule in rule_set.rules if rule_set else ():
            for reference in rule.references:
                name = reference.key.removeprefix("$")
                fact = FACTS.get(name) if reference.key.startswith("$") else None
                if name in SETTINGS or (fact is not None and fact.level is not RuleLevel.HOUSEHOLD):
                    yield rule.name, name


def _unknown_facts(patient: Patient, readers: dict[str, set[str]]) -> Iterator[Diagnosis]:
    """Facts that none of the last visits had."""
    wanted = {name for name in readers if name in FACTS}
    if not wanted or patient.seal is None:
        return
    count, known = _facts_of_last_visits(patient)
    silent = sorted(wanted - known)
    if silent and count >= patient.limits.visits_sample:
        rules = sorted({rule for name in silent for rule in readers[name]})
        names = [f"${name}" for name in silent]
        yield Diagnosis(
            "facts_unknown",
            Level.warning,
            Text(
                f"Fakta {some(names)} tidak diketahui pada {count} kunjungan terakhir. Aturan {some(rules)} tidak dapat dinilai.",
                f"Facts {some(names)} were not known at any of the last {count} visits. Rules {some(rules)} cannot be judged.",
            ),
            Text(
                "Sediakan sumbernya (register, daftar, batas desa), atau hapus aturannya dari formulir.",
                "Supply where they come from (register, lists, boundaries), or take the rules out of the form.",
            ),
            {"facts": silent, "rules": rules},
        )


def _facts_of_last_visits(patient: Patient) -> tuple[int, set[str]]:
    """How many visits were looked at, and the names of all facts that any of them had. What is computed is thrown away."""
    session = patient.sessions()
    try:
        ids = session.scalars(
            select(Submission.id)
            .where(
                Submission.screened_at.is_not(None),
                Submission.screening_error.is_(None),
                Submission.deleted_at.is_(None),
                Submission.is_draft.is_(False),
            )
            .order_by(Submission.id.desc())
            .limit(patient.limits.visits_sample)
        ).all()
        visits = facts.load_visits(session, _backends(patient), sorted(ids))
        known = {name for visit in visits if visit.facts for name in fact_values(visit.facts)}
        return len(visits), known
    finally:
        session.rollback()
        session.close()


def examine_register(patient: Patient) -> Iterator[Diagnosis]:
    """Do households name villages without boundary; do officers have no area?"""
    with session_scope(patient.sessions, read_only=True) as session:
        villages = list(
            session.scalars(
                select(Household.village_code)
                .outerjoin(Area, Area.code == Household.village_code)
                .where(Area.boundary.is_(None))
                .distinct()
                .order_by(Household.village_code)
            )
        )
        officers = list(
            session.scalars(
                select(Actor.id)
                .where(
                    Actor.kind == ActorKind.field_key,
                    Actor.deleted_at.is_(None),
                    ~select(ActorArea.id).where(ActorArea.actor_id == Actor.id).exists(),
                )
                .order_by(Actor.id)
            )
        )
    if villages:
        yield Diagnosis(
            "boundaries_missing",
            Level.warning,
            Text(
                f"{len(villages)} desa dalam register tidak punya batas: {some(villages)}. Letak rumah di sana tidak dapat dinilai.",
                f"{len(villages)} villages of the register have no boundary: {some(villages)}. Places there cannot be judged.",
            ),
            Text("Jalankan `sisir area import BERKAS`.", "Run `sisir area import FILE`."),
            {"villages": villages[:100], "count": len(villages)},
        )
    if officers:
        yield Diagnosis(
            "officers_without_area",
            Level.warning,
            Text(
                f"{len(officers)} petugas tidak punya wilayah (nomor {some(_texts(officers))}); HP-nya tidak mendapat keluarga.",
                f"{len(officers)} officers have no area (numbers {some(_texts(officers))}); their phones get no families.",
            ),
            Text(
                "Beri wilayah di konsol, halaman Petugas.", "Give them areas in the console, page Officers."
            ),
            {"officers": officers[:100], "count": len(officers)},
        )


def _texts(numbers: Iterable[int]) -> list[str]:
    return [str(number) for number in numbers]
