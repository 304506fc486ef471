"""refused size: how much a refused submission takes is known without reading it

Revision: 0005_refused_size
After: 0004_checks_of_quality
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_refused_size"
down_revision = "0004_checks_of_quality"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("refused", schema=None) as batch_op:
        batch_op.add_column(sa.Column("size_bytes", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE refused SET size_bytes = length(body)")
    with op.batch_alter_table("refused", schema=None) as batch_op:
        batch_op.alter_column("size_bytes", server_default=None)
        batch_op.create_index("ix_refused_actor", ["actor_id", "last_at", "size_bytes"], unique=False)
        batch_op.create_index("ix_refused_size", ["size_bytes"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("refused", schema=None) as batch_op:
        batch_op.drop_index("ix_refused_size")
        batch_op.drop_index("ix_refused_actor")
        batch_op.drop_column("size_bytes")
