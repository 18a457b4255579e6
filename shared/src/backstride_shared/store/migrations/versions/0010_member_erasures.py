"""Members who are being erased, and the receipts that are left of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010_member_erasures"
down_revision = "0009_member_goals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "member_erasures",
        sa.Column("erasure_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36)),
        sa.Column("code", sa.String(length=64)),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("requested_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("claims_count", sa.Integer(), nullable=False),
        sa.Column("claims_erased_count", sa.Integer(), nullable=False),
        sa.Column("sessions_count", sa.Integer(), nullable=False),
        sa.Column("points_count", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger()),
        sa.Column("receipt", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_member_erasures")),
        sa.UniqueConstraint("member_id", name=op.f("uq_member_erasures_member_id")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("member_erasures")
