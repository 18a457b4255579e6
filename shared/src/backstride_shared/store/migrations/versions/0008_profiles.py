"""Body mass over time, precautions that were accepted, units, consent by purpose."""

import sqlalchemy as sa
from alembic import op

revision = "0008_profiles"
down_revision = "0007_erasures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new; members who are there go on as before."""
    op.add_column(
        "members",
        sa.Column("units", sa.String(length=8), nullable=False, server_default="metric"),
    )
    for name in ("is_calibration_allowed", "is_heart_rate_used"):
        op.add_column(
            "members", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.create_table(
        "member_masses",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("valid_from_on", sa.String(length=10), nullable=False),
        sa.Column("mass_kg", sa.Float()),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_member_masses_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", "valid_from_on", name=op.f("pk_member_masses")),
    )
    op.create_table(
        "accepted_precautions",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("accepted_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_accepted_precautions_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", "version", name=op.f("pk_accepted_precautions")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("accepted_precautions")
    op.drop_table("member_masses")
    for name in ("is_heart_rate_used", "is_calibration_allowed", "units"):
        op.drop_column("members", name)
