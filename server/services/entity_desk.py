"""What a batch of submissions asks of entity lists, read in a few queries.

Belongs here: reading. Does not: doing it (entity_actions.py).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.entities import EntityAction, read_entity_actions
from forms.errors import FormsError
from server.models.entity import Entity, EntityHold, EntityList, EntityVersion
from server.models.form import Form
from server.models.submission import Submission, SubmissionVersion
from server.services import entity_lists, form_cache
from server.services.answers import Reader
from server.services.entities import EntityProblem, Origin


@dataclass(frozen=True)
class Job:
    """One submission whose entities are due."""

    submission: Submission
    version: SubmissionVersion
    definition: FormDefinition
    origin: Origin
    forced: bool


class EntityDesk:
    """Everything about the submissions of a batch that their entities need, apart from the entities."""

    def __init__(self, session: Session, reader: Reader) -> None:
        self._session, self._reader = session, reader
        self._versions: dict[int, SubmissionVersion] = {}
        self._forms: dict[int, str] = {}
        self._definitions: dict[int, FormDefinition] = {}
        self._actions: dict[int, tuple[EntityAction, ...] | EntityProblem] = {}
        self._lists: dict[tuple[int, str], EntityList | None] = {}
        self.uuids: set[str] = set()
        """Of all entities that the submissions name."""
        self.done_before: set[tuple[int, str]] = set()
        """(submission, uuid) that an earlier version of the submission made or changed."""
        self.held: set[int] = set()
        """Submissions that wait for their base."""
        self.waited_for: set[str] = set()
        """Entities that some submission waits for."""

    def load(self, submissions: Sequence[Submission]) -> None:
        """Reads these submissions too."""
        if not submissions:
            return
        ids = [submission.id for submission in submissions]
        current = [submission.current_version_id for submission in submissions]
        versions = self._session.scalars(
            select(SubmissionVersion).where(SubmissionVersion.id.in_(current))
        ).all()
        self._versions |= {version.submission_id: version for version in versions}
        self._definitions |= form_cache.definitions_of(
            self._session, {version.form_version_id for version in versions}
        )
        forms = select(Form.id, Form.xml_form_id).where(Form.id.in_({item.form_id for item in submissions}))
        self._forms |= {row.id: row.xml_form_id for row in self._session.execute(forms)}
        self._reader.fetch(self._session, (version.id for version in versions))
        self._actions |= {version.submission_id: self._read(version) for version in versions}
        self._load_past(ids)

    def job(self, submission: Submission, *, forced: bool) -> Job:
        """What is to be done for a submission that was loaded."""
        version = self._versions[submission.id]
        source = {"instanceId": submission.instance_id, "xmlFormId": self._forms[submission.form_id]}
        origin = Origin(
            actor_id=version.submitter_id,
            user_agent=version.user_agent or "",
            submission_version_id=version.id,
            source={"submission": source},
        )
        return Job(submission, version, self._definitions[version.form_version_id], origin, forced)

    def actions_of(self, job: Job) -> tuple[EntityAction, ...]:
        """Actions that create or update; none in encrypted submissions. Raises: EntityProblem for XML that cannot be read."""
        found = self._actions[job.submission.id]
        if isinstance(found, EntityProblem):
            raise found
        return found

    def find_list(self, project_id: int, name: str) -> EntityList | None:
        """The entity list of this name, or None."""
        key = (project_id, name)
        if key not in self._lists:
            self._lists[key] = entity_lists.find_list(self._session, project_id, name)
        return self._lists[key]

    def waits_for(self, uuids: Collection[str]) -> bool:
        """True when a submission waits for one of these entities."""
        return not self.waited_for.isdisjoint(uuids)

    def _read(self, version: SubmissionVersion) -> tuple[EntityAction, ...] | EntityProblem:
        definition = self._definitions[version.form_version_id]
        if not definition.entities:
            return ()
        document = self._reader.document(self._session, version.id)
        if document is None:
            return EntityProblem("400.25", "the submission cannot be opened")
        try:
            found = read_entity_actions(document, definition)
        except FormsError as error:
            return EntityProblem("400.25", str(error))
        return tuple(action for action in found if action.create or action.update)

    def _load_past(self, ids: Iterable[int]) -> None:
        uuids = {
            action.entity_id.value
            for submission_id in ids
            for action in self._iter_actions(submission_id)
            if action.entity_id.value
        }
        if not uuids:
            return
        self.uuids |= uuids
        done = (
            select(SubmissionVersion.submission_id, Entity.uuid)
            .join(EntityVersion, EntityVersion.submission_version_id == SubmissionVersion.id)
            .join(Entity, Entity.id == EntityVersion.entity_id)
            .where(SubmissionVersion.submission_id.in_(ids))
        )
        self.done_before |= {(row.submission_id, row.uuid) for row in self._session.execute(done)}
        held = select(EntityHold.submission_id, EntityHold.entity_uuid).where(
            EntityHold.entity_uuid.in_(uuids)
        )
        for row in self._session.execute(held):
            self.held.add(row.submission_id)
            self.waited_for.add(row.entity_uuid)

    def _iter_actions(self, submission_id: int) -> tuple[EntityAction, ...]:
        found = self._actions[submission_id]
        return () if isinstance(found, EntityProblem) else found
