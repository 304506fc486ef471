"""entities API: the log finds what was done to one entity

Revision: 0007_entities_api
After: 0005_refused_size
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_entities_api"
down_revision = "0005_refused_size"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("audit", sa.Column("entity_id", BIG, nullable=True))
    op.create_index(
        "ix_audit_entity",
        "audit",
        ["entity_id"],
        sqlite_where=sa.text("entity_id IS NOT NULL"),
        postgresql_where=sa.text("entity_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entity", table_name="audit")
    op.drop_column("audit", "entity_id")
