"""squares of a grid for what is close by, officers' days, how the numbers of an import end

Revision: 0003_checks_of_places
After: 0002_api_accounts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_checks_of_places"
down_revision = "0002_api_accounts"
branch_labels = None
depends_on = None

_CELL_DEG, _COLUMNS = 0.0003, 1 << 21
"""As server.services.facts_near had them when this was written."""


def upgrade() -> None:
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "number_ends",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
                nullable=True,
            )
        )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("near_cell", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index("ix_submission_officer_day", ["submitter_id", "visited_on"], unique=False)
        batch_op.create_index("ix_submission_form_cell", ["form_id", "near_cell"], unique=False)
    _fill_cells()


def _fill_cells() -> None:
    """Of visits that were settled before there were squares, so that later ones find them."""
    submission = sa.table("submission", sa.column("lat"), sa.column("lon"), sa.column("near_cell"))
    row, column = (submission.c.lat + 90.0) / _CELL_DEG, (submission.c.lon + 180.0) / _CELL_DEG
    if op.get_bind().dialect.name == "postgresql":
        row, column = sa.func.floor(row), sa.func.floor(column)  # a cast would round there; here it cuts
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    cell = sa.cast(row, whole) * _COLUMNS + sa.cast(column, whole)
    op.execute(sa.update(submission).where(submission.c.lat.is_not(None)).values(near_cell=cell))


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
