"""Members of several gyms: each membership with its number; those there were become the first."""

import sqlalchemy as sa
from alembic import op

revision = "0012_gym_memberships"
down_revision = "0011_acknowledgements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table with one row for each member there is."""
    op.create_table(
        "gym_memberships",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("gym_id", sa.String(length=63), nullable=False),
        sa.Column("member_number", sa.String(length=32), nullable=False),
        sa.Column("joined_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_gym_memberships_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", "gym_id", name=op.f("pk_gym_memberships")),
        sa.UniqueConstraint(
            "gym_id", "member_number", name=op.f("uq_gym_memberships_gym_id_member_number")
        ),
    )
    op.execute(
        "INSERT INTO gym_memberships (member_id, gym_id, member_number, joined_at_ms)"
        " SELECT member_id, gym_id, member_number, created_at_ms FROM members"
    )


def downgrade() -> None:
    """Drop it; members keep the first gym they joined."""
    op.drop_table("gym_memberships")
