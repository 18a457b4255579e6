"""What the API says of erased members."""

from typing import Literal

from pydantic import BaseModel, Field

from backstride_gateway.api.models import Strict, UtcTime, utc, utc_or_none
from backstride_gateway.domain.erasing import (
    BACKUP_SENTENCE,
    INTERVAL_SENTENCE,
    LOG_SENTENCE,
    MemberErasure,
    RemovedRows,
)


class ErasureBody(Strict):
    """A proof that it is meant: the password once more, or in a demonstration the word `erase`."""

    password: str | None = Field(default=None, max_length=1000)
    confirm: Literal["erase"] | None = None


class ErasureStarted(BaseModel):
    """An erasure that goes on; id and code open its progress and its receipt, without an account.

    Keep them: they are shown to nobody afterwards.
    """

    erasure_id: str
    receipt_code: str
    requested_at: UtcTime

    @classmethod
    def of(cls, erasure: MemberErasure) -> "ErasureStarted":
        """Return an erasure as its member sees it."""
        return cls(
            erasure_id=erasure.erasure_id,
            receipt_code=erasure.code or "",
            requested_at=utc(erasure.requested_at_ms),
        )


class Removed(BaseModel):
    """How much of what was removed from where."""

    store: Literal["relational store", "series", "files"]
    what: str = Field(examples=["sessions", "readings, and their minutes", "account sessions"])
    count: int

    @classmethod
    def of(cls, removed: RemovedRows) -> "Removed":
        """Return it as the API tells it."""
        return cls(store=removed.store, what=removed.what, count=removed.count)


class ErasureReceipt(BaseModel):
    """What was removed and what stays; it names nobody."""

    removed: list[Removed]
    stays: list[str] = Field(description="What is left, and for how long, in sentences")


class Erasure(BaseModel):
    """How far an erasure is, and its receipt."""

    erasure_id: str
    status: Literal["pending", "done"]
    requested_at: UtcTime
    finished_at: UtcTime | None
    claims_count: int = Field(description="Claims of treadmills, each with its session")
    claims_erased_count: int
    receipt: ErasureReceipt | None = Field(description="null while it goes on")

    @classmethod
    def of(cls, erasure: MemberErasure) -> "Erasure":
        """Return an erasure as the API tells it."""
        receipt = None
        if erasure.receipt is not None:
            receipt = ErasureReceipt(
                removed=[Removed.of(one) for one in erasure.receipt.removed],
                stays=[LOG_SENTENCE, INTERVAL_SENTENCE, BACKUP_SENTENCE],
            )
        return cls(
            erasure_id=erasure.erasure_id,
            status="pending" if erasure.finished_at_ms is None else "done",
            requested_at=utc(erasure.requested_at_ms),
            finished_at=utc_or_none(erasure.finished_at_ms),
            # one that came while it went on is erased too
            claims_count=max(erasure.claims_count, erasure.claims_erased_count),
            claims_erased_count=erasure.claims_erased_count,
            receipt=receipt,
        )
