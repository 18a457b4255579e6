"""Short codes that stand on treadmills."""

import sqlalchemy as sa
from alembic import op

revision = "0005_treadmill_codes"
down_revision = "0004_corrections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; a treadmill gets its code when that is first looked at."""
    op.create_table(
        "treadmill_codes",
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("treadmill", name=op.f("pk_treadmill_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_treadmill_codes_code")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("treadmill_codes")
