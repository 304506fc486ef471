"""Comments on submissions, their lines of the audit log, their order in lists, and choices seen in them.

Submissions that are there already are owed a screening anew, which notes the choices that they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_submissions_api"
down_revision = "0005_refused_size"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("submission_id", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actor.id"], name=op.f("fk_comment_actor_id_actor")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_comment_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_submission_id"), "comment", ["submission_id"])
    op.create_table(
        "choice_seen",
        sa.Column("form_id", BIG, nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_choice_seen_form_id_form")),
        sa.PrimaryKeyConstraint("form_id", "path", "value", name=op.f("pk_choice_seen")),
    )
    op.execute("UPDATE submission SET screened_at = NULL WHERE screened_at IS NOT NULL")
    op.add_column("audit", sa.Column("submission_id", BIG, nullable=True))
    op.execute(
        "UPDATE audit SET submission_id = json_extract(details, '$.submissionId')"
        if op.get_bind().dialect.name == "sqlite"
        else "UPDATE audit SET submission_id = (details ->> 'submissionId')::bigint"
    )
    op.create_index(
        "ix_audit_submission",
        "audit",
        ["submission_id", "id"],
        sqlite_where=sa.text("submission_id IS NOT NULL"),
        postgresql_where=sa.text("submission_id IS NOT NULL"),
    )
    # Written out: both databases take a column with its reference at once, and neither has to copy the table for it.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE submission ADD COLUMN first_submitter_id {kind}"
        " CONSTRAINT fk_submission_first_submitter_id_actor REFERENCES actor (id)"
    )
    op.execute(
        "UPDATE submission SET first_submitter_id = (SELECT v.submitter_id FROM submission_version v"
        " WHERE v.submission_id = submission.id ORDER BY v.id LIMIT 1)"
    )
    op.create_index("ix_submission_form_newest", "submission", ["form_id", "is_draft", "created_at", "id"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
