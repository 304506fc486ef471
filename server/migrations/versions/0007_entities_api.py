"""entities API: the log finds what was done to one entity; the trash is emptied

Revision: 0007_entities_api
After: 0006_submissions_api
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_entities_api"
down_revision = "0006_submissions_api"
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
    op.add_column("entity", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_entity_trash",
        "entity",
        ["deleted_at"],
        sqlite_where=sa.text("deleted_at IS NOT NULL AND purged_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL AND purged_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_entity_trash", table_name="entity")
    op.drop_column("entity", "purged_at")
    op.drop_index("ix_audit_entity", table_name="audit")
    op.drop_column("audit", "entity_id")
