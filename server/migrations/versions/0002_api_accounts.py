"""Public links, properties of app users, preferences of people: what API clients keep beside accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_api_accounts"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("actor", sa.Column("properties", JSON, nullable=True))
    op.create_table(
        "actor_property",
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_actor_property_project_id_project")
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_actor_property")),
    )
    op.create_table(
        "public_link",
        sa.Column("actor_id", BIG, nullable=False),
        sa.Column("form_id", BIG, nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_public_link_actor_id_actor")),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_public_link_form_id_form")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_public_link")),
    )
    op.create_index(op.f("ix_public_link_form_id"), "public_link", ["form_id"])
    op.create_table(
        "preference",
        sa.Column("actor_id", BIG, nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_preference_actor_id_actor")),
        sa.PrimaryKeyConstraint("actor_id", "project_id", "key", name=op.f("pk_preference")),
    )


def downgrade() -> None:
    op.drop_table("preference")
    op.drop_index(op.f("ix_public_link_form_id"), table_name="public_link")
    op.drop_table("public_link")
    op.drop_table("actor_property")
    op.drop_column("actor", "properties")
