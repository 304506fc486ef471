"""Sending the invented visits: as the phones would, through the same door behind the web server.

Belongs here: from a visit to received submissions. Does not: what is typed (answers.py), receiving itself (services).
"""

import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from media.blobs import digest_file
from server.backends import Backends
from server.db import session_scope
from server.demo.answers import Scene, fill_forms
from server.demo.filling import HOUSEHOLD_LIST, Branch, render_form
from server.demo.visits import OFFICERS, Visit, scene_of
from server.models.actor import Actor
from server.models.entity import Entity, EntityList
from server.models.household import Household
from server.models.project import Project
from server.services import accounts, publishing
from server.services.receiving import receive_submission
from server.uploads import SubmissionUpload, UploadedFile

USER_AGENT = "sisir demo"
VILLAGE_LIST = "desa"
DRAWERS = 2
BETWEEN_FORMS = timedelta(seconds=3)


@dataclass(frozen=True)
class _Lists:
    """What the phones have: forms, villages by code, families by the register's id."""

    definitions: Mapping[str, FormDefinition]
    villages: Mapping[str, str]
    families: Mapping[str, Mapping[str, str]]


def send_visits(
    backends: Backends,
    project_id: int,
    officer_ids: Sequence[int],
    visits: Sequence[Visit],
    on_sent: Callable[[], object] = lambda: None,
) -> None:
    """Sends every form of the visits, in their order.

    Args: officer_ids: actors in the order of OFFICERS; on_sent is called after each visit.
    Effects: submissions with their photos, one transaction a visit; their processing is owed.
    """
    with session_scope(backends.sessions, read_only=True) as session:
        callers = [
            accounts.load_caller(session, session.get_one(Actor, actor_id), None) for actor_id in officer_ids
        ]
        lists = _load_lists(session, project_id)
    sent: Counter[str] = Counter()
    with ThreadPoolExecutor(DRAWERS) as pool:
        for visit, scene in zip(visits, pool.map(scene_of, visits), strict=True):
            with session_scope(backends.sessions) as session:
                project = session.get_one(Project, project_id)
                for upload in _uploads(visit, scene, lists, sent):
                    receive_submission(
                        session, backends, upload, project=project, caller=callers[visit.officer]
                    )
            on_sent()


def _load_lists(session: Session, project_id: int) -> _Lists:
    rows = session.execute(
        select(EntityList.name, Entity.uuid, Entity.label, Entity.data, Household.source_id)
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .outerjoin(Household, Household.id == Entity.household_id)
        .where(EntityList.project_id == project_id, EntityList.deleted_at.is_(None))
    ).all()
    return _Lists(
        publishing.known_definitions(session, project_id),
        {row.data["kode_desa"]: row.uuid for row in rows if row.name == VILLAGE_LIST},
        {row.source_id: {"name": row.uuid, "label": row.label} for row in rows if row.name == HOUSEHOLD_LIST},
    )


def _uploads(visit: Visit, scene: Scene, lists: _Lists, sent: Counter[str]) -> Iterable[SubmissionUpload]:
    """The submissions of one visit. sent counts those of each family, as every one is a version of its entity."""
    entity = lists.families[visit.family.source_id]
    branch_id, trunk = str(uuid.uuid4()), sent[visit.family.source_id] + 1
    received_at = visit.received_at
    for form in fill_forms(scene, entity, lists.villages[visit.family.village.code]):
        if form.form_id == "stiker" and not visit.family.programmes:
            continue
        sent[visit.family.source_id] += 1
        branch = Branch(branch_id, trunk, base=sent[visit.family.source_id])
        definition, username = lists.definitions[form.form_id], OFFICERS[visit.officer].name
        xml = render_form(definition, form, entity, username=username, branch=branch)
        yield _upload(xml, form.files, received_at)
        received_at += BETWEEN_FORMS


def _upload(xml: bytes, files: Mapping[str, bytes], received_at: datetime) -> SubmissionUpload:
    return SubmissionUpload(
        xml=xml,
        files=tuple(
            UploadedFile(name, "image/jpeg", io.BytesIO(data), digest_file(io.BytesIO(data)))
            for name, data in files.items()
        ),
        device_id=USER_AGENT,
        user_agent=USER_AGENT,
        received_at=received_at,
    )
