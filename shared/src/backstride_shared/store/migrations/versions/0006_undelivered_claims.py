"""An index of the claims that no stored state contains yet: looked for every second."""

import sqlalchemy as sa
from alembic import op

revision = "0006_undelivered_claims"
down_revision = "0005_treadmill_codes"
branch_labels = None
depends_on = None

_UNDELIVERED = sa.text(
    "NOT is_claim_stored OR (released_at_ms IS NOT NULL AND NOT is_release_stored)"
)


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        op.f("ix_claims_undelivered"),
        "claims",
        ["claimed_at_ms"],
        sqlite_where=_UNDELIVERED,
        postgresql_where=_UNDELIVERED,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_claims_undelivered"), "claims")
