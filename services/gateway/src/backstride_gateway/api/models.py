"""What the API says: SI and kcal with units in the names, times in UTC.

Forward and backward mean the user's gait; `direction` and velocity are the belt's.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backstride_gateway.domain.aggregation import SeriesSlice
from backstride_gateway.domain.alerts import ActiveAlert, sentence_of
from backstride_gateway.domain.bands import Band, backward_band_of, band_of, forward_band_of
from backstride_gateway.domain.dividend import reverse_dividend_of
from backstride_gateway.domain.live import LiveSession
from backstride_gateway.domain.live_view import BackwardAdvice, ClaimView, LiveTreadmill
from backstride_gateway.domain.sessions import SessionRecord, ended_at_ms
from backstride_gateway.history import SessionSeries
from backstride_shared.energy import BAND_LABEL, FLAGS, EnergyTotals
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS, UNCLAIMED_IDLE_MS
from backstride_shared.identity import TreadmillKey, gym_id_of, treadmill_id_of

_HEART_RATE_USED: Final = (
    "In which the heart rate took part: after three steady minutes, where age, resting heart rate "
    "and effort allow"
)

LONGEST_BACKWARD: Final = "The longest stretch backward, without a step forward or a stand in it"

UtcTime = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]


def utc(at_ms: int) -> datetime:
    """Return a moment as an aware UTC datetime."""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC)


def utc_or_none(at_ms: int | None) -> datetime | None:
    """Return a moment as an aware UTC datetime, None as None."""
    return None if at_ms is None else utc(at_ms)


class Energy(BaseModel):
    """Energy with its band of ±1 SD: the truth lies inside for about two in three."""

    gross_kcal: float = Field(description="With what the body spends at rest")
    net_kcal: float = Field(description="Above rest; never mixed with gross in one number")
    low_kcal: float = Field(description="Gross minus 1 SD")
    high_kcal: float = Field(description="Gross plus 1 SD")
    uncertainty_percent: float = Field(description="1 SD in percent of gross, for one person")
    display: str = Field(
        description=f"For people: gross rounded to 5 kcal, backward always with the band "
        f"({BAND_LABEL})",
        examples=["≈ 95 kcal (75–115)"],
    )

    @classmethod
    def of(cls, band: Band) -> "Energy":
        """Return the band as the API tells it."""
        return cls(
            gross_kcal=band.gross_kcal,
            net_kcal=band.net_kcal,
            low_kcal=band.low_kcal,
            high_kcal=band.high_kcal,
            uncertainty_percent=band.uncertainty_percent,
            display=band.display,
        )


class Gait(BaseModel):
    """What was done in one direction of gait."""

    duration_s: float
    distance_m: float
    max_speed_m_per_s: float
    energy: Energy

    @classmethod
    def forward_of(cls, totals: EnergyTotals) -> "Gait":
        """Return the forward part of totals."""
        return cls(
            duration_s=totals.forward_seconds,
            distance_m=totals.forward_metres,
            max_speed_m_per_s=totals.forward_max_speed_m_per_s,
            energy=Energy.of(forward_band_of(totals)),
        )

    @classmethod
    def backward_of(cls, totals: EnergyTotals) -> "Gait":
        """Return the backward part of totals."""
        return cls(
            duration_s=totals.backward_seconds,
            distance_m=totals.backward_metres,
            max_speed_m_per_s=totals.backward_max_speed_m_per_s,
            energy=Energy.of(backward_band_of(totals)),
        )


class Dividend(BaseModel):
    """What backward gait cost beside the same speeds and grades forward."""

    ratio: float = Field(description="Backward gross kcal over those of the same speeds forward")
    sd: float = Field(description="1 SD of the ratio")
    low: float
    high: float
    sentence: str = Field(description="For people, with the band")
    in_words: str = Field(description="For people, in percent")

    @classmethod
    def of(cls, totals: EnergyTotals) -> "Dividend | None":
        """Return the dividend of totals, None where nobody went backward."""
        found = reverse_dividend_of(totals)
        if found is None:
            return None
        return cls(
            ratio=found.ratio,
            sd=found.sd,
            low=found.low,
            high=found.high,
            sentence=found.sentence,
            in_words=found.in_words,
        )


class RaisedFlag(BaseModel):
    """A reason to trust an estimate less, and for how long it held."""

    code: str = Field(examples=["X_BACK_DOWN"])
    duration_s: float
    sentence: str = Field(description="For people")

    @classmethod
    def all_of(cls, totals: EnergyTotals) -> "list[RaisedFlag]":
        """Return the flags of totals, in the order of their table."""
        seconds = totals.flag_seconds_by_code
        return [
            cls(code=flag.code, duration_s=seconds[flag.code], sentence=flag.sentence)
            for flag in FLAGS
            if flag.code in seconds
        ]


class PresentFlag(BaseModel):
    """A reason to trust the estimate less at this moment."""

    code: str = Field(examples=["X_RAMP"])
    sentence: str = Field(description="For people")

    @classmethod
    def all_of(cls, bits: int) -> "list[PresentFlag]":
        """Return the flags set in `bits`, in the order of their table."""
        return [cls(code=flag.code, sentence=flag.sentence) for flag in FLAGS if bits & flag.bit]


class PresentAlert(BaseModel):
    """A safety alert that goes on."""

    alert_id: str
    kind: str = Field(examples=["reverse-too-fast"])
    sentence: str = Field(description="For people")
    raised_at: UtcTime

    @classmethod
    def of(cls, alert: ActiveAlert) -> "PresentAlert":
        """Return an alert as a live page shows it."""
        return cls(
            alert_id=alert.alert_id,
            kind=alert.kind,
            sentence=sentence_of(alert.kind),
            raised_at=utc(alert.raised_at_ms),
        )


class BackwardCue(BaseModel):
    """How the holder of a treadmill is advised to go backward; advice, never control."""

    max_speed_m_per_s: float
    sentence: str = Field(examples=["Start slowly: level, rail in reach, safety clip on."])

    @classmethod
    def of(cls, advice: BackwardAdvice) -> "BackwardCue":
        """Return the advice as a live page shows it."""
        return cls(max_speed_m_per_s=advice.max_speed_m_per_s, sentence=advice.sentence)


class HeldClaim(BaseModel):
    """Who holds a treadmill: told to themselves and to the staff of the gym."""

    claim_id: str
    member_id: str | None = Field(description="null: another member")
    display_name: str | None = Field(description="null: they did not agree to have it shown")
    purpose: str | None
    claimed_at: UtcTime

    @classmethod
    def of(cls, view: ClaimView) -> "HeldClaim":
        """Return the claim that holds now."""
        return cls(
            claim_id=view.claim.claim_id,
            member_id=view.claim.member_id,
            display_name=view.display_name,
            purpose=view.claim.purpose,
            claimed_at=utc(view.claim.claimed_at_ms),
        )


class RunningSession(BaseModel):
    """The session of a treadmill, running or the last one it had."""

    session_id: str
    claim_id: str | None = Field(description="None: nobody claimed the treadmill")
    is_running: bool
    started_at: UtcTime
    forward: Gait
    backward: Gait
    direction_changes: int
    energy: Energy
    heart_rate_used_s: float = Field(description=_HEART_RATE_USED)
    reverse_dividend: Dividend | None
    flags: list[RaisedFlag]

    @classmethod
    def of(cls, session: LiveSession, *, is_running: bool) -> "RunningSession":
        """Return the session as a live page shows it."""
        totals = session.totals
        return cls(
            session_id=session.session_id,
            claim_id=session.claim_id,
            is_running=is_running,
            started_at=utc(session.started_at_ms),
            forward=Gait.forward_of(totals),
            backward=Gait.backward_of(totals),
            direction_changes=totals.direction_changes,
            energy=Energy.of(band_of(totals)),
            heart_rate_used_s=totals.fused_seconds,
            reverse_dividend=Dividend.of(totals),
            flags=RaisedFlag.all_of(totals),
        )


class Treadmill(BaseModel):
    """A treadmill as it is now."""

    gym_id: str
    treadmill_id: str
    status: Literal["moving", "standing", "silent"] = Field(
        description="silent: nothing came for ten seconds"
    )
    is_online: bool | None = Field(
        description="What its controller's birth and last will say; null: it never said"
    )
    direction: Literal["forward", "reverse"] | None = Field(
        description="The belt's; at rest the one last used; null before the first reading"
    )
    belt_velocity_m_per_s: float | None = Field(description="Signed, negative in reverse")
    grade_percent: float | None
    heart_rate_bpm: float | None
    gross_kcal_per_min: float | None
    net_kcal_per_min: float | None
    uncertainty_percent: float | None
    flags: list[PresentFlag] = Field(description="Why the rate is less certain at this moment")
    last_reading_at: UtcTime | None
    last_reading_age_s: float | None
    session: RunningSession | None
    claim: HeldClaim | None
    alerts: list[PresentAlert] = Field(description="Safety alerts that go on, oldest first")
    backward_advice: BackwardCue | None = Field(description="By the holder's practice; null: none")

    @classmethod
    def of(cls, view: LiveTreadmill) -> "Treadmill":
        """Return the treadmill as the API tells it."""
        reading, session = view.reading, view.session
        key = TreadmillKey(view.treadmill)
        return cls(
            gym_id=gym_id_of(key),
            treadmill_id=treadmill_id_of(key),
            status=view.status,
            is_online=view.is_online,
            direction=None if reading is None else "reverse" if reading.is_reverse else "forward",
            belt_velocity_m_per_s=None if reading is None else reading.belt_velocity_m_per_s,
            grade_percent=None if reading is None else reading.grade_percent,
            heart_rate_bpm=None if reading is None else reading.heart_rate_bpm,
            gross_kcal_per_min=None if reading is None else reading.gross_kcal_per_min,
            net_kcal_per_min=None if reading is None else reading.net_kcal_per_min,
            uncertainty_percent=None if reading is None else reading.uncertainty_percent,
            flags=[] if reading is None else PresentFlag.all_of(reading.flags),
            last_reading_at=None if reading is None else utc(reading.measured_at_ms),
            last_reading_age_s=(
                None if view.reading_age_ms is None else view.reading_age_ms / 1000
            ),
            session=(
                None
                if session is None
                else RunningSession.of(session, is_running=view.is_session_running)
            ),
            claim=None if view.claim is None else HeldClaim.of(view.claim),
            alerts=[PresentAlert.of(alert) for alert in view.alerts],
            backward_advice=(
                None if view.backward_advice is None else BackwardCue.of(view.backward_advice)
            ),
        )

    def without(self, *, claimant: bool, effort: bool) -> "Treadmill":
        """Return the treadmill as somebody sees it who may not know one or both of these."""
        hidden: dict[str, object] = {}
        if claimant and self.claim is not None:
            nobody = {"member_id": None, "display_name": None, "purpose": None}
            hidden["claim"] = self.claim.model_copy(update=nobody)
            # it tells how practised the holder is
            hidden["backward_advice"] = None
        if effort:
            hidden |= {**dict.fromkeys(_OF_EFFORT), "flags": [], "alerts": []}
        return self.model_copy(update=hidden)


_OF_EFFORT = (
    "heart_rate_bpm",
    "gross_kcal_per_min",
    "net_kcal_per_min",
    "uncertainty_percent",
    "session",
)


class TreadmillList(BaseModel):
    """All treadmills of which anything was ever heard."""

    treadmills: list[Treadmill]


class Session(BaseModel):
    """A workout, running or over."""

    session_id: str
    gym_id: str
    treadmill_id: str
    member_id: str | None = Field(description="null: nobody claimed the treadmill")
    claim_id: str | None
    purpose: str | None
    started_at: UtcTime
    last_moving_at: UtcTime
    ended_at: UtcTime | None = Field(
        description="null while it runs; a session is over after "
        f"{CLAIMED_IDLE_MS // 60_000} minutes without motion while claimed, "
        f"{UNCLAIMED_IDLE_MS // 60_000} unclaimed"
    )
    is_running: bool
    is_facing_away: bool = Field(
        description="Facing away from the console, a reversed belt is ordinary forward gait"
    )
    forward: Gait
    backward: Gait
    energy: Energy
    standing_s: float
    absent_s: float = Field(description="The controller said that nobody was on the belt")
    gap_s: float = Field(description="Without readings: no energy is counted")
    gaps_count: int
    readings_count: int
    direction_changes: int
    longest_backward_s: float = Field(description=LONGEST_BACKWARD)
    mean_heart_rate_bpm: float | None
    max_heart_rate_bpm: float | None
    heart_rate_used_s: float = Field(description=_HEART_RATE_USED)
    reverse_dividend: Dividend | None
    flags: list[RaisedFlag]
    model_version: str
    recomputed_at: UtcTime | None = Field(
        description="Set when the totals were computed again from the stored series"
    )

    @classmethod
    def of(cls, session: SessionRecord, now_ms: int) -> "Session":
        """Return a stored session as it is seen at a moment."""
        totals = session.totals
        ended_ms = ended_at_ms(session, now_ms)
        key = TreadmillKey(session.treadmill)
        return cls(
            session_id=session.session_id,
            gym_id=gym_id_of(key),
            treadmill_id=treadmill_id_of(key),
            member_id=session.member_id,
            claim_id=session.claim_id,
            purpose=session.purpose,
            started_at=utc(session.started_at_ms),
            last_moving_at=utc(session.last_moving_at_ms),
            ended_at=utc_or_none(ended_ms),
            is_running=ended_ms is None,
            is_facing_away=session.is_facing_away,
            forward=Gait.forward_of(totals),
            backward=Gait.backward_of(totals),
            energy=Energy.of(band_of(totals)),
            standing_s=totals.standing_seconds,
            absent_s=totals.absent_seconds,
            gap_s=totals.gap_seconds,
            gaps_count=totals.gaps,
            readings_count=totals.readings,
            direction_changes=totals.direction_changes,
            longest_backward_s=totals.longest_backward_seconds,
            mean_heart_rate_bpm=totals.mean_heart_rate_bpm,
            max_heart_rate_bpm=totals.max_heart_rate_bpm or None,
            heart_rate_used_s=totals.fused_seconds,
            reverse_dividend=Dividend.of(totals),
            flags=RaisedFlag.all_of(totals),
            model_version=session.model_version,
            recomputed_at=utc_or_none(session.recomputed_at_ms),
        )


class SessionList(BaseModel):
    """One page of sessions, newest first."""

    sessions: list[Session]
    next_cursor: str | None = Field(description="Ask with it for older ones; null: there are none")


class SeriesPoint(BaseModel):
    """The readings of one slice of time; means are over readings."""

    at: UtcTime = Field(description="Where the slice begins")
    readings_count: int
    belt_velocity_m_per_s: float = Field(description="Mean, signed, negative in reverse")
    min_belt_velocity_m_per_s: float
    max_belt_velocity_m_per_s: float
    grade_percent: float | None = Field(description="null where only minutes are left")
    gross_kcal_per_min: float
    low_kcal_per_min: float = Field(description="Gross minus 1 SD")
    high_kcal_per_min: float = Field(description="Gross plus 1 SD")
    net_kcal_per_min: float
    uncertainty_percent: float
    heart_rate_bpm: float | None
    session_gross_kcal: float | None = Field(description="The session's sum at the slice's end")
    flags: list[str]

    @classmethod
    def of(cls, part: SeriesSlice) -> "SeriesPoint":
        """Return a slice as the API tells it."""
        sd = part.gross_kcal_per_min * part.uncertainty_percent / 100
        return cls(
            at=utc(part.from_ms),
            readings_count=part.readings_count,
            belt_velocity_m_per_s=part.belt_velocity_m_per_s,
            min_belt_velocity_m_per_s=part.min_belt_velocity_m_per_s,
            max_belt_velocity_m_per_s=part.max_belt_velocity_m_per_s,
            grade_percent=part.grade_percent,
            gross_kcal_per_min=part.gross_kcal_per_min,
            low_kcal_per_min=max(0.0, part.gross_kcal_per_min - sd),
            high_kcal_per_min=part.gross_kcal_per_min + sd,
            net_kcal_per_min=part.net_kcal_per_min,
            uncertainty_percent=part.uncertainty_percent,
            heart_rate_bpm=part.heart_rate_bpm,
            session_gross_kcal=part.session_gross_kcal,
            flags=list(part.flags),
        )


class Series(BaseModel):
    """A session's readings drawn together; a slice without readings is left out."""

    session_id: str
    resolution_s: int
    is_from_minutes: bool = Field(
        description="The readings are no longer kept: these are minutes, shared out so that they "
        "add up to the session's sums, whatever resolution was asked for"
    )
    points: list[SeriesPoint]

    @classmethod
    def of(cls, found: SessionSeries) -> "Series":
        """Return a series as the API tells it."""
        return cls(
            session_id=found.session.session_id,
            resolution_s=found.resolution_s,
            is_from_minutes=found.is_from_minutes,
            points=[SeriesPoint.of(part) for part in found.slices],
        )


class Strict(BaseModel):
    """A request body: a misspelt field is an error, not silence."""

    model_config = ConfigDict(extra="forbid")
