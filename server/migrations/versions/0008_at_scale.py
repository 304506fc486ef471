"""at scale: indexes of the pages that people wait for, counts of villages of a big campaign

Revision: 0008_at_scale
After: 0007_entities_api
"""

import sqlalchemy as sa
from alembic import op

from server.db import UtcDateTime

revision = "0008_at_scale"
down_revision = "0007_entities_api"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_case_officer", "campaign_case", ["officer_id", "area_path"]),
    ("ix_case_visited", "campaign_case", ["project_id", "visited_at"]),
    ("ix_submission_area", "submission", ["area_path"]),
)
_COUNTS = (
    "families", "visited", "todo", "high_cases", "open_high", "open_medium", "open_low", "open_protect",
)  # fmt: skip


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    code = sa.String(10).with_variant(sa.String(10, collation="C"), "postgresql")
    op.create_table(
        "village_count",
        sa.Column("project_id", big, nullable=False),
        sa.Column("village", code, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_village_count_project_id_project")
        ),
        sa.PrimaryKeyConstraint("project_id", "village", name=op.f("pk_village_count")),
    )
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    op.drop_index("ix_case_queue", "campaign_case")
    op.create_index("ix_case_state", "campaign_case", ["project_id", "state"])
    order = [
        sa.text(name) for name in ("project_id", "open_high DESC", "open_medium DESC", "opened_at", "id")
    ]
    op.create_index("ix_case_order", "campaign_case", order)
    op.drop_index("ix_finding_code", "finding")
    op.create_index("ix_finding_code", "finding", ["project_id", "code", "state", "outcome"])
    op.drop_index("ix_finding_case", "finding")
    op.create_index("ix_finding_case", "finding", ["case_id", "state", "code"])


def downgrade() -> None:
    op.drop_index("ix_finding_case", "finding")
    op.create_index("ix_finding_case", "finding", ["case_id", "state"])
    op.drop_index("ix_finding_code", "finding")
    op.create_index("ix_finding_code", "finding", ["project_id", "code", "state"])
    op.drop_index("ix_case_order", "campaign_case")
    op.drop_index("ix_case_state", "campaign_case")
    op.create_index(
        "ix_case_queue", "campaign_case", ["project_id", "state", "open_high", "open_medium", "opened_at"]
    )
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table)
    op.drop_table("village_count")
