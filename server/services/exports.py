"""Tables that leave the office: findings as CSV, so that anybody can score them without our code."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models.actor import Actor
from server.models.entity import Entity, EntityList
from server.models.finding import Finding
from server.models.form import Form
from server.models.household import Household
from server.models.submission import Submission
from server.scope import AreaPaths, within_areas
from server.services.csv_lines import csv_line
from server.services.new_households import HOUSEHOLD_LIST

FINDING_COLUMNS = (
    "source_id", "submission", "form", "officer", "code", "kind", "severity", "outcome", "state", "evidence", "at",
)  # fmt: skip
PAGE = 2000


def iter_findings_csv(session: Session, project_id: int, areas: AreaPaths) -> Iterator[str]:
    """Lines of the findings table, header first, by id; memory stays bounded.

    source_id: the register's id of the household, empty for new families and for submissions without household.
    submission: instanceID. evidence: JSON. at: when it was first found, ISO 8601 UTC.
    """
    yield csv_line(FINDING_COLUMNS)
    last = 0
    while rows := _page(session, project_id, areas, last):
        for row in rows:
            evidence = json.dumps(row.evidence, ensure_ascii=False, sort_keys=True)
            yield csv_line(
                (
                    row.source_id or "",
                    row.instance_id or "",
                    row.xml_form_id or "",
                    row.display_name or "",
                    row.code,
                    row.kind,
                    row.severity,
                    row.outcome,
                    row.state,
                    evidence,
                    row.created_at.isoformat(),
                )
            )
        last = rows[-1].id


def _page(session: Session, project_id: int, areas: AreaPaths, after: int) -> Sequence[Any]:
    query = (
        select(
            Finding.id,
            Household.source_id,
            Submission.instance_id,
            Form.xml_form_id,
            Actor.display_name,
            Finding.code,
            Finding.kind,
            Finding.severity,
            Finding.outcome,
            Finding.state,
            Finding.evidence,
            Finding.created_at,
        )
        .outerjoin(Household, Household.id == Finding.household_id)
        .outerjoin(Submission, Submission.id == Finding.submission_id)
        .outerjoin(Form, Form.id == Finding.form_id)
        .outerjoin(Actor, Actor.id == Finding.officer_id)
        .where(Finding.project_id == project_id, Finding.id > after)
        .order_by(Finding.id)
        .limit(PAGE)
    )
    if areas is not None:
        query = query.where(
            within_areas(Household.area_path, areas) | within_areas(Submission.area_path, areas)
        )
    return session.execute(query).all()


VISIT_COLUMNS = (
    "source_id", "submission", "form", "officer", "visited_on", "lat", "lon", "accuracy_m", "relation", "outside_m",
    "found_village", "at",
)  # fmt: skip


def iter_visits_csv(session: Session, project_id: int, areas: AreaPaths) -> Iterator[str]:
    """Lines of the submissions table, header first, by id: where each point lies against the village claimed.

    relation: inside, boundary, outside, unknown; distances in metres; at: received, ISO 8601 UTC.
    """
    yield csv_line(VISIT_COLUMNS)
    last = 0
    while rows := _visits_page(session, project_id, areas, last):
        for row in rows:
            cells = (
                row.visited_on,
                row.lat,
                row.lon,
                row.accuracy_m,
                row.relation,
                row.outside_m,
                row.found_village,
            )
            head = (row.source_id or "", row.instance_id, row.xml_form_id)
            yield csv_line((*head, row.display_name or "", *cells, row.created_at.isoformat()))
        last = rows[-1].id


def _visits_page(session: Session, project_id: int, areas: AreaPaths, after: int) -> Sequence[Any]:
    return session.execute(
        select(
            Submission.id,
            Household.source_id,
            Submission.instance_id,
            Form.xml_form_id,
            Actor.display_name,
            Submission.visited_on,
            Submission.lat,
            Submission.lon,
            Submission.accuracy_m,
            Submission.relation,
            Submission.outside_m,
            Submission.found_village,
            Submission.created_at,
        )
        .join(Form, Form.id == Submission.form_id)
        .outerjoin(Household, Household.id == Submission.household_id)
        .outerjoin(Actor, Actor.id == Submission.submitter_id)
        .where(
            Submission.project_id == project_id,
            Submission.id > after,
            Submission.deleted_at.is_(None),
            Submission.is_draft.is_(False),
            within_areas(Submission.area_path, areas),
        )
        .order_by(Submission.id)
        .limit(PAGE)
    ).all()


def iter_households_csv(session: Session, project_id: int, areas: AreaPaths) -> Iterator[str]:
    """Lines of the campaign's households, header first: register id, uuid on the phones, area path."""
    yield csv_line(("source_id", "entity", "area"))
    last = 0
    query = (
        select(Entity.id, Household.source_id, Entity.uuid, Entity.area_path)
        .join(EntityList, EntityList.id == Entity.entity_list_id)
        .join(Household, Household.id == Entity.household_id)
        .where(
            EntityList.project_id == project_id,
            EntityList.name == HOUSEHOLD_LIST,
            Entity.deleted_at.is_(None),
        )
        .where(within_areas(Entity.area_path, areas))
        .order_by(Entity.id)
        .limit(PAGE)
    )
    while rows := session.execute(query.where(Entity.id > last)).all():
        for row in rows:
            yield csv_line((row.source_id or "", row.uuid, row.area_path))
        last = rows[-1].id
