"""Everything of a member as one file: what was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0014_exports"
down_revision = "0013_console_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "exports",
        sa.Column("export_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("requested_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sessions_count", sa.Integer()),
        sa.Column("sessions_done", sa.Integer(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger()),
        sa.Column("expires_at_ms", sa.BigInteger()),
        sa.Column("file_bytes", sa.BigInteger()),
        sa.Column("reason", sa.String(length=200)),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_member_id"), "exports", ["member_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_exports_member_id"), "exports")
    op.drop_table("exports")
