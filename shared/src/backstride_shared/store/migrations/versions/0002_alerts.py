"""Safety alerts with their recoveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002_alerts"
down_revision = "0001_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of alerts."""
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("raised_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("recovered_at_ms", sa.BigInteger()),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("claim_id", sa.String(length=64)),
        sa.Column("speed_m_per_s", sa.Float()),
        sa.Column("is_reverse", sa.Boolean()),
        sa.Column("grade_percent", sa.Float()),
        sa.Column("limit_m_per_s", sa.Float()),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index(
        op.f("ix_alerts_treadmill_raised_at_ms"), "alerts", ["treadmill", "raised_at_ms"]
    )
    op.create_index(op.f("ix_alerts_raised_at_ms"), "alerts", ["raised_at_ms"])


def downgrade() -> None:
    """Drop the table of alerts."""
    op.drop_table("alerts")
