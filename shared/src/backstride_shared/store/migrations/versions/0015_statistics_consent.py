"""Consent to be counted, without a name, in the statistics of the gym."""

import sqlalchemy as sa
from alembic import op

revision = "0015_statistics_consent"
down_revision = "0014_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; nobody is counted until they agree."""
    op.add_column(
        "members",
        sa.Column(
            "is_counted_in_statistics", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("members", "is_counted_in_statistics")
