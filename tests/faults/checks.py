"""What must be true of an installation after a fault, whatever the fault was.

Belongs here: reading what is stored and comparing it with what was thanked for, and with an undisturbed run.
"""

import dataclasses
import io
import time
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from server.app import create_app
from server.models.blob import Blob
from server.models.entity import EntityVersion
from server.models.finding import Finding, SubjectKind
from server.models.household import Household
from server.models.submission import Attachment, EntityState, Submission, SubmissionVersion
from server.services.blobs import iter_blob
from server.services.peers import PEERS_KEY
from tests.faults.senders import Visit
from tests.fuzz.office_forms import Target, open_target
from tests.office import HEADERS, Office

CAUGHT_UP_S = 150


def wait_until_checked(office: Office, seconds: float = CAUGHT_UP_S) -> None:
    """Until no submission is owed anything; nobody helps."""
    deadline = time.monotonic() + seconds
    while (owed := count_owed(office)) > 0:
        assert time.monotonic() < deadline, f"{owed} submissions were still owed a screening"
        time.sleep(0.2)


def count_owed(office: Office) -> int:
    """Submissions that are owed a screening."""
    with office.session() as session:
        return session.scalar(select(func.count()).where(Submission.screened_at.is_(None))) or 0


def check_thanked_is_stored(office: Office, visits: Collection[Visit]) -> None:
    """What was thanked for is there once, whole, with its photos; what was not is not there, or as whole."""
    with office.session() as session:
        rows = session.execute(
            select(SubmissionVersion, Submission.current_version_id).join(
                Submission, Submission.id == SubmissionVersion.submission_id
            )
        ).all()
        stored = Counter(version.instance_id for version, _ in rows)
        known = {visit.iid: visit for visit in visits}
        assert set(stored) <= set(known)
        assert max(stored.values(), default=1) == 1
        missing = [visit.iid for visit in visits if visit.thanked and visit.iid not in stored]
        assert missing == [], f"{len(missing)} of {len(known)} were thanked for and are gone"
        assert all(version.id == current for version, current in rows)
        for version, _ in rows:
            visit = known[version.instance_id]
            xml = office.backends.seal.open(version.xml) if version.is_sealed else version.xml
            assert xml == visit.xml
            slots = session.scalars(
                select(Attachment).where(Attachment.submission_version_id == version.id)
            ).all()
            assert {slot.name for slot in slots} == set(visit.files)
            for slot in slots:
                assert slot.blob_id is not None, "a photo that came with it is not there"
                blob = session.get_one(Blob, slot.blob_id)
                assert b"".join(iter_blob(office.backends, blob)) == visit.files[slot.name]


def check_entities_once(office: Office, visits: Collection[Visit]) -> None:
    """Every submission about an entity made exactly one version of it."""
    with office.session() as session:
        rows = session.execute(
            select(Submission.instance_id, Submission.entity_state, func.count(EntityVersion.id))
            .join(SubmissionVersion, SubmissionVersion.submission_id == Submission.id)
            .outerjoin(EntityVersion, EntityVersion.submission_version_id == SubmissionVersion.id)
            .group_by(Submission.id, Submission.instance_id, Submission.entity_state)
        ).all()
    asked = {visit.iid: visit.has_entity for visit in visits}
    assert {state for _, state, _ in rows} == {EntityState.done}
    assert [iid for iid, _, count in rows if count != asked[iid]] == []


FindingKey = tuple[str, str, str, str, str, frozenset[str]]


def findings_of(office: Office) -> dict[FindingKey, int]:
    """What was found, told without ids: (subject, code, outcome, severity, state, whom it names) -> how often."""
    with office.session() as session:
        submissions = dict(session.execute(select(Submission.id, Submission.instance_id)).all())
        households = dict(session.execute(select(Household.id, Household.head_name)).all())
        told: Counter[FindingKey] = Counter()
        for finding in session.scalars(select(Finding)):
            names = submissions if finding.subject_kind == SubjectKind.submission else households
            peers = frozenset(submissions[number] for number in finding.evidence.get(PEERS_KEY, ()))
            subject = names.get(finding.subject_id, str(finding.subject_id))
            if finding.closed_at is None:
                told[subject, finding.code, finding.outcome, finding.severity, finding.state, peers] += 1
        errors = session.scalars(
            select(Submission.screening_error).where(Submission.screening_error.is_not(None))
        ).all()
        assert errors == []
    return dict(told)


def check_as_undisturbed(target: Target, visits: Collection[Visit], folder: Path) -> None:
    """Findings are those of an office where the same came in, in the same order at the same times, and nothing happened."""
    with target.office.session() as session:
        order = session.execute(
            select(Submission.instance_id, Submission.received_at).order_by(Submission.id)
        ).all()
    calm = replay(target, {visit.iid: visit for visit in visits}, order, folder)
    disturbed, undisturbed = findings_of(target.office), findings_of(calm)
    assert disturbed == undisturbed, _differences(disturbed, undisturbed)
    assert disturbed, "a run without findings shows nothing"
    calm.backends.engine.dispose()


def replay(target: Target, visits: dict[str, Visit], order: Sequence[Any], folder: Path) -> Office:
    """A new office that got these visits, checked."""
    families = len(target.entities)
    calm = open_target(folder, families=families, uuids=target.entities, SISIR_QUEUE="memory:")
    times: list[datetime] = []
    backends = dataclasses.replace(calm.office.backends, clock=lambda: times[-1])
    client = create_app(backends).test_client()
    client.application.extensions["sisir_jobs"].screen = lambda _id: None  # checked together, below
    for iid, moment in order:
        times.append(moment)
        visit = visits[iid]
        parts = {name: (io.BytesIO(data), name, "image/jpeg") for name, data in visit.files.items()}
        answer = client.post(
            calm.phones[visit.phone].url("submission?deviceID=collect%3Aabc"),
            data={"xml_submission_file": (io.BytesIO(visit.xml), "a.xml", "text/xml"), **parts},
            content_type="multipart/form-data",
            headers=HEADERS,
        )
        assert answer.status_code == 201, answer.data
    calm.office.work()
    return calm.office


def _differences(one: dict[FindingKey, int], other: dict[FindingKey, int]) -> str:
    extra = sorted(map(str, set(one) - set(other)))[:5]
    lacking = sorted(map(str, set(other) - set(one)))[:5]
    return f"only disturbed: {extra}; only undisturbed: {lacking}"
