"""Erasures: what was erased of the stores, and must not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0007_erasures"
down_revision = "0006_undelivered_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.String(length=36), nullable=False),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("claim_id", sa.String(length=64)),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("sessions_count", sa.Integer(), nullable=False),
        sa.Column("points_count", sa.BigInteger(), nullable=False),
        sa.Column("erased_at_ms", sa.BigInteger()),
        sa.Column("swept_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasures")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("erasures")
