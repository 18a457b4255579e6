"""Weekly goals of members."""

import sqlalchemy as sa
from alembic import op

revision = "0009_member_goals"
down_revision = "0008_profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "member_goals",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("minutes", sa.Float()),
        sa.Column("kcal", sa.Float()),
        sa.Column("backward_minutes", sa.Float()),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_member_goals_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_goals")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("member_goals")
