"""PINs and cards by which members claim at consoles."""

import sqlalchemy as sa
from alembic import op

revision = "0013_console_access"
down_revision = "0012_gym_memberships"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "console_pins",
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("set_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_console_pins_member_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_console_pins")),
    )
    op.create_table(
        "console_cards",
        sa.Column("card_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("card_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.member_id"], name=op.f("fk_console_cards_member_id")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_console_cards")),
        sa.UniqueConstraint("card_hash", name=op.f("uq_console_cards_card_hash")),
    )
    op.create_index(op.f("ix_console_cards_member_id"), "console_cards", ["member_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("console_cards")
    op.drop_table("console_pins")
