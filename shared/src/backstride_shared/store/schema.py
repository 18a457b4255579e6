"""Tables of the relational store; each is written by the one program named at it.

Times are milliseconds since 1970 UTC. Works on SQLite and PostgreSQL.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- written by the gateway -------------------------------------------------------------------

members = Table(
    "members",
    metadata,
    Column("member_id", String(36), primary_key=True),
    Column("gym_id", String(63), nullable=False),
    Column("member_number", String(32), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("is_demo", Boolean, nullable=False, default=False),
    Column("mass_kg", Float),
    Column("height_cm", Float),
    Column("birth_year", Integer),
    Column("sex", String(8)),
    Column("facing", String(8), nullable=False, default="console"),
    Column("resting_heart_rate_bpm", Float),
    Column("max_heart_rate_bpm", Float),
    Column("vo2max_ml_per_kg_per_min", Float),
    Column("has_beta_blocker", Boolean, nullable=False, default=False),
    Column("energy_model", String(16), nullable=False, default="backstride-1"),
    Column("time_zone", String(64), nullable=False, default="UTC"),
    Column("created_at_ms", BigInteger, nullable=False),
    # consent: the staff of the gym see the name
    Column("is_name_shown", Boolean, nullable=False, default=False, server_default=false()),
    # consent: fitness is calibrated from own walks; the heart rate takes part in the calories
    Column("is_calibration_allowed", Boolean, nullable=False, default=True, server_default=true()),
    Column("is_heart_rate_used", Boolean, nullable=False, default=True, server_default=true()),
    # consent: counted, without a name, in the statistics of the gym
    Column(
        "is_counted_in_statistics", Boolean, nullable=False, default=False, server_default=false()
    ),
    Column("units", String(8), nullable=False, default="metric", server_default="metric"),
    UniqueConstraint("gym_id", "member_number"),
)

# all gyms of a member; `members.gym_id` and `member_number` repeat the one they joined first
gym_memberships = Table(
    "gym_memberships",
    metadata,
    Column("member_id", String(36), ForeignKey("members.member_id"), primary_key=True),
    Column("gym_id", String(63), primary_key=True),
    Column("member_number", String(32), nullable=False),
    Column("joined_at_ms", BigInteger, nullable=False),
    UniqueConstraint("gym_id", "member_number"),
)

# of PINs only argon2id is kept, of cards a slow hash by which they are found again
console_pins = Table(
    "console_pins",
    metadata,
    Column("member_id", String(36), ForeignKey("members.member_id"), primary_key=True),
    Column("pin_hash", String(200), nullable=False),
    Column("set_at_ms", BigInteger, nullable=False),
)

console_cards = Table(
    "console_cards",
    metadata,
    Column("card_id", String(36), primary_key=True),
    Column("member_id", String(36), ForeignKey("members.member_id"), nullable=False),
    Column("card_hash", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
    Index(None, "member_id"),
)

# `members.mass_kg` repeats the mass of today
member_masses = Table(
    "member_masses",
    metadata,
    Column("member_id", String(36), ForeignKey("members.member_id"), primary_key=True),
    # a local day, as YYYY-MM-DD
    Column("valid_from_on", String(10), primary_key=True),
    # null: unknown from then on
    Column("mass_kg", Float),
)

accepted_precautions = Table(
    "accepted_precautions",
    metadata,
    Column("member_id", String(36), ForeignKey("members.member_id"), primary_key=True),
    Column("version", String(16), primary_key=True),
    Column("accepted_at_ms", BigInteger, nullable=False),
)

gyms = Table(
    "gyms",
    metadata,
    Column("gym_id", String(63), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("join_code_hash", String(64), unique=True),
    Column("created_at_ms", BigInteger, nullable=False),
)

treadmills = Table(
    "treadmills",
    metadata,
    Column("treadmill", String(127), primary_key=True),
    Column("gym_id", String(63), ForeignKey("gyms.gym_id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("added_at_ms", BigInteger, nullable=False),
    Index(None, "gym_id"),
)

# codes that stand on treadmills; those of a demonstration have them without being registered
treadmill_codes = Table(
    "treadmill_codes",
    metadata,
    Column("treadmill", String(127), primary_key=True),
    Column("code", String(16), nullable=False, unique=True),
    Column("made_at_ms", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("sign_in_name", String(100), nullable=False, unique=True),
    # argon2id, in its usual form with parameters and salt
    Column("password_hash", String(200), nullable=False),
    Column("role", String(8), nullable=False),
    # null: all gyms
    Column("gym_id", String(63), ForeignKey("gyms.gym_id")),
    # null: not one who trains
    Column("member_id", String(36), ForeignKey("members.member_id"), unique=True),
    Column("created_at_ms", BigInteger, nullable=False),
)

# of sessions, tokens and codes only SHA-256 is kept: who reads the store cannot use them
account_sessions = Table(
    "account_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.account_id"), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Index(None, "account_id"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.account_id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("can_write", Boolean, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index(None, "account_id"),
)

one_time_codes = Table(
    "one_time_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("gym_id", String(63)),
    Column("role", String(8)),
    Column("member_id", String(36)),
    Column("account_id", String(36)),
    # null: until it is used
    Column("expires_at_ms", BigInteger),
)

member_goals = Table(
    "member_goals",
    metadata,
    Column("member_id", String(36), ForeignKey("members.member_id"), primary_key=True),
    # of a week; null: no goal
    Column("minutes", Float),
    Column("kcal", Float),
    Column("backward_minutes", Float),
    Column("changed_at_ms", BigInteger, nullable=False),
)

UNDELIVERED_CLAIMS = text(
    "NOT is_claim_stored OR (released_at_ms IS NOT NULL AND NOT is_release_stored)"
)
"""The condition of the index; a query with these very words uses it."""

claims = Table(
    "claims",
    metadata,
    Column("claim_id", String(64), primary_key=True),
    Column("member_id", String(36), ForeignKey("members.member_id"), nullable=False),
    Column("treadmill", String(127), nullable=False),
    Column("claimed_at_ms", BigInteger, nullable=False),
    Column("released_at_ms", BigInteger),
    Column("purpose", String(16)),
    # JSON of energy.Wearer, frozen when the treadmill was claimed
    Column("wearer", LargeBinary, nullable=False),
    # the gateway's outbox: sent again until a stored treadmill state contains it
    Column("is_claim_stored", Boolean, nullable=False, default=False),
    Column("is_release_stored", Boolean, nullable=False, default=False),
    Index(None, "member_id", "claimed_at_ms"),
    # few of the many: found every second without looking at years of claims
    Index(
        "ix_claims_undelivered",
        "claimed_at_ms",
        sqlite_where=UNDELIVERED_CLAIMS,
        postgresql_where=UNDELIVERED_CLAIMS,
    ),
    Index(None, "treadmill", "claimed_at_ms"),
)

# corrections and erasures that members asked for: also the outbox from which the log gets them
change_requests = Table(
    "change_requests",
    metadata,
    Column("change_id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("session_id", String(36)),
    # null: of nobody's session
    Column("claim_id", String(64)),
    Column("member_id", String(36)),
    Column("treadmill", String(127), nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    # JSON of what was asked for
    Column("fields", LargeBinary, nullable=False),
    # MessagePack of frames.TreadmillEvent: sent again until a stored treadmill state contains it
    Column("event", LargeBinary, nullable=False),
    Column("is_stored", Boolean, nullable=False, default=False),
    Index(None, "session_id"),
    Index(None, "claim_id"),
    Index(None, "member_id"),
)

# members who are being erased, and, without a member any more, the receipts
member_erasures = Table(
    "member_erasures",
    metadata,
    Column("erasure_id", String(36), primary_key=True),
    # null once it is done
    Column("member_id", String(36), unique=True),
    # null once it is done; until then asking again answers the same
    Column("code", String(64)),
    Column("code_hash", String(64), nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("claims_count", Integer, nullable=False),
    Column("claims_erased_count", Integer, nullable=False, default=0),
    Column("sessions_count", Integer, nullable=False, default=0),
    Column("points_count", BigInteger, nullable=False, default=0),
    Column("finished_at_ms", BigInteger),
    # JSON of what was removed from where
    Column("receipt", LargeBinary),
)

# that somebody of the staff saw an alert; `alerts` itself is the recorder's
alert_acknowledgements = Table(
    "alert_acknowledgements",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    # null: in a demonstration, which has no accounts
    Column("account_id", String(36)),
    Column("acknowledged_at_ms", BigInteger, nullable=False),
)

# everything of a member as one file, asked for and made in the background
exports = Table(
    "exports",
    metadata,
    Column("export_id", String(36), primary_key=True),
    Column("member_id", String(36), nullable=False),
    Column("requested_at_ms", BigInteger, nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sessions_count", Integer),
    Column("sessions_done", Integer, nullable=False),
    Column("ended_at_ms", BigInteger),
    # row and file are deleted then
    Column("expires_at_ms", BigInteger),
    Column("file_bytes", BigInteger),
    # of what failed: one sentence for the member
    Column("reason", String(200)),
    Index(None, "member_id"),
)

# --- written by the recorder ------------------------------------------------------------------

# The processor raises an epoch here when it goes on from a row: docs/decisions/0009.
treadmill_states = Table(
    "treadmill_states",
    metadata,
    Column("treadmill", String(127), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("accepted_count", BigInteger, nullable=False),
    # MessagePack of fold.state.TreadmillState
    Column("state", LargeBinary, nullable=False),
    Column("written_at_ms", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("treadmill", String(127), nullable=False),
    Column("claim_id", String(64)),
    Column("purpose", String(16)),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("last_moving_at_ms", BigInteger, nullable=False),
    Column("last_reading_at_ms", BigInteger, nullable=False),
    # null while the session may go on; readers compute "ended" from last_moving_at_ms
    Column("ended_at_ms", BigInteger),
    Column("is_facing_away", Boolean, nullable=False, default=False),
    Column("epoch", Integer, nullable=False),
    Column("accepted_count", BigInteger, nullable=False),
    Column("model_version", String(32), nullable=False),
    # set when the totals come from a fold over the stored series
    Column("recomputed_at_ms", BigInteger),
    # MessagePack of energy.EnergyTotals; the columns below repeat what summaries add up
    Column("totals", LargeBinary, nullable=False),
    Column("readings_count", BigInteger, nullable=False),
    Column("forward_s", Float, nullable=False),
    Column("backward_s", Float, nullable=False),
    Column("standing_s", Float, nullable=False),
    Column("gap_s", Float, nullable=False),
    Column("forward_m", Float, nullable=False),
    Column("backward_m", Float, nullable=False),
    Column("forward_gross_kcal", Float, nullable=False),
    Column("backward_gross_kcal", Float, nullable=False),
    Column("forward_net_kcal", Float, nullable=False),
    Column("backward_net_kcal", Float, nullable=False),
    # 1 SD in percent, weighted by energy
    Column("uncertainty_percent", Float, nullable=False),
    # what the backward part would have cost forward at the same speeds and grades
    Column("forward_equivalent_gross_kcal", Float, nullable=False),
    Column("direction_changes", Integer, nullable=False),
    Index(None, "claim_id"),
    Index(None, "treadmill", "started_at_ms"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("treadmill", String(127), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("raised_at_ms", BigInteger, nullable=False),
    # null while it goes on
    Column("recovered_at_ms", BigInteger),
    Column("device_id", String(64), nullable=False),
    Column("claim_id", String(64)),
    # of the reading that raised it
    Column("speed_m_per_s", Float),
    Column("is_reverse", Boolean),
    Column("grade_percent", Float),
    Column("limit_m_per_s", Float),
    Index(None, "treadmill", "raised_at_ms"),
    Index(None, "raised_at_ms"),
)

# what became of each correction: neither applied nor refused means that it is still to be done
corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", String(36), primary_key=True),
    Column("treadmill", String(127), nullable=False),
    Column("claim_id", String(64), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("accepted_count", BigInteger, nullable=False),
    Column("applied_at_ms", BigInteger),
    # one sentence for the member
    Column("refused_reason", String(200)),
)

# intervals without a name, which nothing may fill again
erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", String(36), primary_key=True),
    Column("treadmill", String(127), nullable=False),
    # null: of nobody's session, and of every one once it is done
    Column("claim_id", String(64)),
    Column("from_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("accepted_count", BigInteger, nullable=False),
    Column("sessions_count", Integer, nullable=False),
    Column("points_count", BigInteger, nullable=False),
    # when the series was deleted, and when that was looked at once more
    Column("erased_at_ms", BigInteger),
    Column("swept_at_ms", BigInteger),
)

refolds_due = Table(
    "refolds_due",
    metadata,
    Column("treadmill", String(127), primary_key=True),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("reason", String(64), nullable=False),
    # the treadmill's revision that made it due: an older stored state does not know yet why
    Column("epoch", Integer, nullable=False),
    Column("accepted_count", BigInteger, nullable=False),
)
