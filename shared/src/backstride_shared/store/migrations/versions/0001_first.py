"""The first schema: members and claims, treadmill states, sessions, refolds due."""

import sqlalchemy as sa
from alembic import op

revision = "0001_first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "members",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("gym_id", sa.String(length=63), nullable=False),
        sa.Column("member_number", sa.String(length=32), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("mass_kg", sa.Float()),
        sa.Column("height_cm", sa.Float()),
        sa.Column("birth_year", sa.Integer()),
        sa.Column("sex", sa.String(length=8)),
        sa.Column("facing", sa.String(length=8), nullable=False),
        sa.Column("resting_heart_rate_bpm", sa.Float()),
        sa.Column("max_heart_rate_bpm", sa.Float()),
        sa.Column("vo2max_ml_per_kg_per_min", sa.Float()),
        sa.Column("has_beta_blocker", sa.Boolean(), nullable=False),
        sa.Column("energy_model", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_members")),
        sa.UniqueConstraint(
            "gym_id", "member_number", name=op.f("uq_members_gym_id_member_number")
        ),
    )
    op.create_table(
        "refolds_due",
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("treadmill", name=op.f("pk_refolds_due")),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("claim_id", sa.String(length=64)),
        sa.Column("purpose", sa.String(length=16)),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_moving_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_reading_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger()),
        sa.Column("is_facing_away", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("model_version", sa.String(length=32), nullable=False),
        sa.Column("recomputed_at_ms", sa.BigInteger()),
        sa.Column("totals", sa.LargeBinary(), nullable=False),
        sa.Column("readings_count", sa.BigInteger(), nullable=False),
        sa.Column("forward_s", sa.Float(), nullable=False),
        sa.Column("backward_s", sa.Float(), nullable=False),
        sa.Column("standing_s", sa.Float(), nullable=False),
        sa.Column("gap_s", sa.Float(), nullable=False),
        sa.Column("forward_m", sa.Float(), nullable=False),
        sa.Column("backward_m", sa.Float(), nullable=False),
        sa.Column("forward_gross_kcal", sa.Float(), nullable=False),
        sa.Column("backward_gross_kcal", sa.Float(), nullable=False),
        sa.Column("forward_net_kcal", sa.Float(), nullable=False),
        sa.Column("backward_net_kcal", sa.Float(), nullable=False),
        sa.Column("uncertainty_percent", sa.Float(), nullable=False),
        sa.Column("forward_equivalent_gross_kcal", sa.Float(), nullable=False),
        sa.Column("direction_changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_claim_id"), "sessions", ["claim_id"])
    op.create_index(
        op.f("ix_sessions_treadmill_started_at_ms"), "sessions", ["treadmill", "started_at_ms"]
    )

    op.create_table(
        "treadmill_states",
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("written_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("treadmill", name=op.f("pk_treadmill_states")),
    )
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("claimed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("released_at_ms", sa.BigInteger()),
        sa.Column("purpose", sa.String(length=16)),
        sa.Column("wearer", sa.LargeBinary(), nullable=False),
        sa.Column("is_claim_stored", sa.Boolean(), nullable=False),
        sa.Column("is_release_stored", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_claims_member_id")
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claims")),
    )
    op.create_index(
        op.f("ix_claims_member_id_claimed_at_ms"), "claims", ["member_id", "claimed_at_ms"]
    )
    op.create_index(
        op.f("ix_claims_treadmill_claimed_at_ms"), "claims", ["treadmill", "claimed_at_ms"]
    )
