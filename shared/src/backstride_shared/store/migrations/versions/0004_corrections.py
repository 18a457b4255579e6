"""Corrections and erasures: what members asked for, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004_corrections"
down_revision = "0003_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "change_requests",
        sa.Column("change_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=36)),
        sa.Column("claim_id", sa.String(length=64)),
        sa.Column("member_id", sa.String(length=36)),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("requested_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("is_stored", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_change_requests")),
    )
    for column in ("session_id", "claim_id", "member_id"):
        op.create_index(op.f(f"ix_change_requests_{column}"), "change_requests", [column])
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("applied_at_ms", sa.BigInteger()),
        sa.Column("refused_reason", sa.String(length=200)),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_corrections")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("corrections")
    op.drop_table("change_requests")
