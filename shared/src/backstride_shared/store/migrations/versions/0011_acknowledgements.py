"""That the staff saw an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0011_acknowledgements"
down_revision = "0010_member_erasures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of acknowledgements."""
    op.create_table(
        "alert_acknowledgements",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36)),
        sa.Column("acknowledged_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_acknowledgements")),
    )


def downgrade() -> None:
    """Drop the table of acknowledgements."""
    op.drop_table("alert_acknowledgements")
