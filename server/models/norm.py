"""What visits look like beside each other: what was counted of each, and what is usual for a form version.

Kept so that a check that compares a visit with the others needs neither their XML nor a pass over all of them. All of it can
be made again from the submissions.
"""

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, BigId, code_text


class VisitDigest(Base):
    """What one submission adds to the comparison with others. One row for each live submission that was settled."""

    __tablename__ = "visit_digest"

    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission.id"), primary_key=True)
    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"))
    numbers: Mapped[list[Any]]
    """What AnswerNorm counted of it: active seconds (None unless the interview is complete), then for each numeric question
    of the form version its answer, a list of answers in a repeat, or None."""
    print: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Two bytes a question, zero when it was not answered: equal bytes, equal answers (services.answer_prints)."""
    not_found: Mapped[bool | None]
    """Of a sweep: nobody was met at the address. None: the form does not ask."""
    all_no: Mapped[bool | None]
    """Of an asset interview: every asset was answered "no" or 0."""
    others: Mapped[int] = mapped_column(default=0)
    """Answers "lainnya" among `others_asked` answers to questions that offer it."""
    others_asked: Mapped[int] = mapped_column(default=0)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)


class AnswerNorm(Base):
    """What is usual for a form version, counted up as visits come in."""

    __tablename__ = "answer_norm"

    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"), primary_key=True)
    tallies: Mapped[list[Any]]
    """By place in VisitDigest.numbers: {bin: how many}."""
    norms: Mapped[list[Any]]
    """By place: [answers, median] for the active time, [answers, mean, deviation] for a number."""
    watches: Mapped[list[Any]]
    """By place: from which value on (for the active time: up to which) answers stand in ExtremeAnswer; None = none do."""


class ExtremeAnswer(Base):
    """An answer so far out that the norm, when it moves, may pass it: found by value, so that exactly its visit is judged
    again."""

    __tablename__ = "extreme_answer"
    __table_args__ = (Index("ix_extreme_answer_value", "form_version_id", "place", "value"),)

    submission_id: Mapped[int] = mapped_column(BigId, ForeignKey("submission.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    form_version_id: Mapped[int] = mapped_column(BigId, ForeignKey("form_version.id"))
    value: Mapped[float]


class DistrictDue(Base):
    """A kecamatan in which visits changed: its officers are owed a look."""

    __tablename__ = "district_due"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    district: Mapped[str] = mapped_column(code_text(6), primary_key=True)
