"""One case as a page shows it: findings with reasons, visits with answers, photos, history.

Belongs here: reading. Does not: acts (reviewing.py), the map (case_map.py), wording of states (console).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.definition import FormDefinition
from forms.errors import FormsError
from server.backends import Backends
from server.models.actor import Actor
from server.models.area import Area
from server.models.case import Case, CaseEvent
from server.models.entity import Entity
from server.models.finding import Finding, FindingState
from server.models.form import Form, FormVersion
from server.models.household import Household, Snapshot
from server.models.submission import Submission, SubmissionVersion
from server.models.task import Task
from server.permissions import Caller
from server.services import case_photos, evidence, form_cache, reviewing, tasks
from server.services.answer_pages import AnswerGroup, Reader, external_values, group_answers
from server.services.answers import read_answers
from server.services.case_photos import PhotoView
from server.services.case_queue import names_of
from server.services.explaining import Explainer, Explanation
from server.services.guard import Missing, missing_for_removal, of_case

SEVERITIES = ("high", "medium", "low", "info")


@dataclass(frozen=True)
class FindingView:
    """A finding with its reasons. changed: the evidence is another since a person decided; visited_on, officer: the visit
    that it rests on. repeats: the same finding from other forms and visits, which stands there once and is decided once."""

    finding: Finding
    explanation: Explanation
    form_title: str
    decided_by: str
    changed: bool
    visited_on: date | None = None
    officer: str = ""
    repeats: tuple["FindingView", ...] = ()

    @property
    def all(self) -> tuple["FindingView", ...]:
        """This one and its repeats."""
        return (self, *self.repeats)

    @property
    def seen(self) -> str:
        """What a decision about it is compared with."""
        return evidence.digest_of(view.finding for view in self.all)


@dataclass(frozen=True)
class VisitView:
    """A submission of the case. answers is None when the XML cannot be read."""

    submission: Submission
    form_title: str
    form_id: str
    version: str
    officer: str
    instance_name: str
    answers: tuple[AnswerGroup, ...] | None


@dataclass(frozen=True)
class FindingGroups:
    """Findings in the order of the page. settled: dismissed or confirmed ones of any kind; closed: no longer hold."""

    protect: tuple[FindingView, ...]
    by_severity: Mapping[str, tuple[FindingView, ...]]
    unknown: tuple[FindingView, ...]
    closed: tuple[FindingView, ...]


@dataclass(frozen=True)
class CaseView:
    """Everything of a case but its map."""

    case: Case
    household: Household | None
    snapshot: str
    places: tuple[str, ...]
    findings: FindingGroups
    visits: tuple[VisitView, ...]
    photos: tuple[PhotoView, ...]
    events: tuple[CaseEvent, ...]
    names: Mapping[int, str]
    tasks: tuple[Task, ...]
    officers: tuple[Actor, ...]
    removal_missing: tuple[Missing, ...]
    is_own_visit: bool
    is_revealed: bool = False
    seen: str = ""
    """What a proposal or decision on this page is compared with."""


def get_case(
    session: Session,
    backends: Backends,
    caller: Caller,
    case: Case,
    *,
    language: str,
    reveal: bool = False,
) -> CaseView:
    """A case that the caller was already found to see (reviewing.find_case), ready for a page.

    Args: reveal = sensitive answers in clear; the caller's right and its audit line are the edge's duty.
    """
    visits = _submissions(session, case)
    definitions = _definitions(session, visits)
    events = reviewing.list_events(session, case)
    household = session.get(Household, case.household_id) if case.household_id else None
    findings = evidence.list_findings(session, case)
    actors = (
        [e.actor_id for e in events] + [f.decided_by_id for f in findings] + [v.submitter_id for v in visits]
    )
    names = names_of(session, [*actors, case.proposed_by_id, case.decided_by_id])
    readable = [visit for visit in visits if visit.id in definitions]
    return CaseView(
        case=case,
        household=household,
        snapshot=_snapshot(session, household),
        places=place_names(session, case.area_path),
        findings=_group(_view_findings(session, case, findings, visits, names, language)),
        visits=tuple(read_visits(session, backends, visits, definitions, names, language, reveal=reveal)),
        photos=tuple(case_photos.list_photos(session, caller, readable, language, definitions)),
        events=tuple(events),
        names=names,
        tasks=tuple(_tasks(session, case)),
        officers=tuple(tasks.officers_for(session, case.project_id, case.area_path)),
        removal_missing=tuple(missing_for_removal(session, case, "x" * reviewing.MIN_NOTE)),
        is_own_visit=reviewing.is_own_visit(session, caller, case),
        is_revealed=reveal,
        seen=evidence.digest_of(findings),
    )


def place_names(session: Session, area_path: str) -> tuple[str, ...]:
    """Names from the village up: ('Bandung', 'Diwek', 'Jombang')."""
    codes = [area_path[:digits] for digits in (10, 6, 4) if len(area_path) >= digits]
    known = dict(session.execute(select(Area.code, Area.name).where(Area.code.in_(codes))).all())
    return tuple(known[code] for code in codes if code in known)


def _submissions(session: Session, case: Case) -> list[Submission]:
    return list(
        session.scalars(
            select(Submission)
            .where(of_case(case), Submission.deleted_at.is_(None), Submission.is_draft.is_(False))
            .order_by(Submission.created_at.desc(), Submission.id.desc())
            .limit(50)
        )
    )


def _definitions(session: Session, visits: Sequence[Submission]) -> dict[int, FormDefinition]:
    version_ids = case_photos.definition_ids(session, visits)
    return {key: form_cache.definition_of(session, version_id) for key, version_id in version_ids.items()}


def read_visits(
    session: Session,
    backends: Backends,
    visits: Sequence[Submission],
    definitions: Mapping[int, FormDefinition],
    names: Mapping[int, str],
    language: str,
    *,
    reveal: bool = False,
) -> list[VisitView]:
    """Visits with their answers under the questions' labels, in the order given."""
    rows = session.execute(
        select(SubmissionVersion, FormVersion.title, FormVersion.version, Form.xml_form_id)
        .join(FormVersion, FormVersion.id == SubmissionVersion.form_version_id)
        .join(Form, Form.id == SubmissionVersion.form_id)
        .where(SubmissionVersion.id.in_([v.current_version_id for v in visits if v.current_version_id]))
    )
    by_submission = {row[0].submission_id: row for row in rows}
    found = []
    for visit in visits:
        if visit.id not in by_submission:
            continue
        version, title, version_name, form_id = by_submission[visit.id]
        found.append(
            VisitView(
                submission=visit,
                form_title=title,
                form_id=form_id,
                version=version_name,
                officer=names.get(visit.submitter_id or 0, ""),
                instance_name=version.instance_name or "",
                answers=_answers(session, backends, version, definitions[visit.id], language, reveal),
            )
        )
    return found


def _answers(
    session: Session,
    backends: Backends,
    version: SubmissionVersion,
    definition: FormDefinition,
    language: str,
    reveal: bool,
) -> tuple[AnswerGroup, ...] | None:
    try:
        answers = read_answers(session, backends, version)
    except FormsError:
        return None
    uuids = {value.removeprefix("uuid:") for value in external_values(answers, definition)}
    names = dict(session.execute(select(Entity.uuid, Entity.label).where(Entity.uuid.in_(uuids))).all())
    return tuple(group_answers(answers, Reader(definition, language, names, reveal)))


def _view_findings(
    session: Session,
    case: Case,
    findings: Sequence[Finding],
    visits: Sequence[Submission],
    names: Mapping[int, str],
    language: str,
) -> list[FindingView]:
    explainer = Explainer(session, case.project_id, language)
    days = {visit.id: visit.visited_on for visit in visits}
    form_ids = {finding.form_id for finding in findings if finding.form_id}
    titles = dict(
        session.execute(
            select(Form.id, FormVersion.title)
            .join(FormVersion, FormVersion.id == Form.current_version_id)
            .where(Form.id.in_(form_ids))
        ).all()
    )
    return [
        FindingView(
            finding=finding,
            explanation=explainer.explain(finding),
            form_title=titles.get(finding.form_id or 0, ""),
            decided_by=names.get(finding.decided_by_id or 0, ""),
            changed=finding.decided_hash is not None and finding.decided_hash != finding.evidence_hash,
            visited_on=days.get(finding.submission_id or 0),
            officer=names.get(finding.officer_id or 0, ""),
        )
        for finding in findings
    ]


def _group(views: Sequence[FindingView]) -> FindingGroups:
    views = _join(views)
    closed = tuple(
        v for v in views if v.finding.state == FindingState.closed or v.finding.closed_at is not None
    )
    live = [view for view in views if view not in closed]
    firing = [view for view in live if view.finding.outcome == "fires"]
    against = [view for view in firing if view.finding.kind != "protect"]
    return FindingGroups(
        protect=tuple(_open_first(v for v in firing if v.finding.kind == "protect")),
        by_severity={
            severity: tuple(_open_first(v for v in against if v.finding.severity == severity))
            for severity in SEVERITIES
        },
        unknown=tuple(view for view in live if view.finding.outcome == "unknown"),
        closed=closed,
    )


def _join(views: Sequence[FindingView]) -> list[FindingView]:
    """One view for what several forms or visits say alike, as the queue counts it; apart where people decided apart."""
    joined: dict[tuple[object, ...], list[FindingView]] = {}
    for view in views:
        f = view.finding
        decided = (f.state, f.closed_at is None, f.decided_by_id, f.decision_note)
        joined.setdefault((f.code, f.outcome, f.kind, f.severity, *decided), []).append(view)
    return [
        replace(first, repeats=tuple(rest), changed=any(view.changed for view in (first, *rest)))
        for first, *rest in joined.values()
    ]


def _open_first(views: Iterable[FindingView]) -> list[FindingView]:
    return sorted(
        views, key=lambda view: (view.finding.state != FindingState.open, view.finding.code, view.finding.id)
    )


def _tasks(session: Session, case: Case) -> list[Task]:
    if case.household_id is None:
        return []
    return list(
        session.scalars(
            select(Task)
            .where(Task.project_id == case.project_id, Task.household_id == case.household_id)
            .order_by(Task.id.desc())
            .limit(10)
        )
    )


def _snapshot(session: Session, household: Household | None) -> str:
    if household is None or household.snapshot_id is None:
        return ""
    found = session.get(Snapshot, household.snapshot_id)
    return found.name if found else ""
