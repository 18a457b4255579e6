"""Gyms, registered treadmills, accounts and how they come in."""

import sqlalchemy as sa
from alembic import op

revision = "0003_accounts"
down_revision = "0002_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; nobody's name is shown until they agree."""
    op.add_column(
        "members",
        sa.Column("is_name_shown", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "gyms",
        sa.Column("gym_id", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("join_code_hash", sa.String(length=64)),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gym_id", name=op.f("pk_gyms")),
        sa.UniqueConstraint("join_code_hash", name=op.f("uq_gyms_join_code_hash")),
    )
    op.create_table(
        "treadmills",
        sa.Column("treadmill", sa.String(length=127), nullable=False),
        sa.Column("gym_id", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gym_id"], ["gyms.gym_id"], name=op.f("fk_treadmills_gym_id")),
        sa.PrimaryKeyConstraint("treadmill", name=op.f("pk_treadmills")),
    )
    op.create_index(op.f("ix_treadmills_gym_id"), "treadmills", ["gym_id"])
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("sign_in_name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("gym_id", sa.String(length=63)),
        sa.Column("member_id", sa.String(length=36)),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["gym_id"], ["gyms.gym_id"], name=op.f("fk_accounts_gym_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_accounts_member_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_accounts_sign_in_name")),
        sa.UniqueConstraint("member_id", name=op.f("uq_accounts_member_id")),
    )
    op.create_table(
        "account_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_account_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_sessions")),
    )
    op.create_index(op.f("ix_account_sessions_account_id"), "account_sessions", ["account_id"])
    op.create_table(
        "access_tokens",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_access_tokens_account_id")
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_access_tokens_token_hash")),
    )
    op.create_index(op.f("ix_access_tokens_account_id"), "access_tokens", ["account_id"])
    op.create_table(
        "one_time_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("gym_id", sa.String(length=63)),
        sa.Column("role", sa.String(length=8)),
        sa.Column("member_id", sa.String(length=36)),
        sa.Column("account_id", sa.String(length=36)),
        sa.Column("expires_at_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_one_time_codes")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "one_time_codes",
        "access_tokens",
        "account_sessions",
        "accounts",
        "treadmills",
        "gyms",
    ):
        op.drop_table(table)
    op.drop_column("members", "is_name_shown")
