"""Which codes have findings in a campaign, and how many are open: found in an index, without reading all findings.

Belongs here: leaping from one code to the next. Does not: what a code means (catalogue.py).
"""

from typing import Any

from sqlalchemy import CTE, ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from server.models.finding import Finding, FindingState

MOST_COUNTED = 1_000
"""How far open findings of one code are counted."""


def list_codes(session: Session, project_id: int) -> list[str]:
    """Codes that fire somewhere and are open or confirmed, in order."""
    code = _codes(project_id)
    states = Finding.state.in_([FindingState.open, FindingState.confirmed])
    fires = select(literal(1)).where(*_firing(project_id, code), states).exists()
    return list(session.scalars(select(code.c.value).where(code.c.value.is_not(None), fires)))


def count_open(session: Session, project_id: int) -> dict[str, int]:
    """Code -> open findings that fire, each counted to MOST_COUNTED; codes without any may be left out."""
    code = _codes(project_id)
    some = (
        select(literal(1).label("one"))
        .where(*_firing(project_id, code), Finding.state == FindingState.open)
        .limit(MOST_COUNTED)
        .correlate(code)
        .subquery()
    )
    count: Any = select(func.count()).select_from(some).scalar_subquery()
    return dict(session.execute(select(code.c.value, count).where(code.c.value.is_not(None))).all())


def _codes(project_id: int) -> CTE:
    """A table of one column, `value`: every code of the campaign, at last NULL."""
    ours = Finding.project_id == project_id
    first = select(func.min(Finding.code)).where(ours).scalar_subquery()
    code = select(first.label("value")).cte("code", recursive=True)
    following = select(func.min(Finding.code)).where(ours, Finding.code > code.c.value)
    return code.union_all(select(following.scalar_subquery()).where(code.c.value.is_not(None)))


def _firing(project_id: int, code: CTE) -> tuple[ColumnElement[bool], ...]:
    return Finding.project_id == project_id, Finding.code == code.c.value, Finding.outcome == "fires"
