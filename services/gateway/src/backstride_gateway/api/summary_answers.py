"""Summaries as they are sent, kept to be sent again; of a changed one only what changed is written.

Of somebody who trains, one period changes of thirty, and pages ask all the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import msgspec
from pydantic import BaseModel

from backstride_gateway.api.conditional_reads import weak_tag_of
from backstride_gateway.api.summary_models import PeriodSums, PreviousSums, PurposeSums, Sums
from backstride_gateway.history import Summary
from backstride_gateway.kept_summaries import KeptResults, is_identical


@dataclass(frozen=True, slots=True)
class SummaryAnswer:
    """A summary as JSON, with its ETag."""

    body: bytes
    etag: str
    # the JSON of sums, by the id of what was summed up; `summary` keeps these ids from others
    written: dict[int, msgspec.Raw]
    summary: Summary


class SummaryAnswers:
    """Answers for members' summaries; belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: KeptResults[Summary, SummaryAnswer] = KeptResults(
            is_identical, lambda answer: answer.summary.size
        )

    async def of(self, member_id: str, found: Summary, purpose: str | None) -> SummaryAnswer:
        """Return a summary of a member, of the sessions with a purpose, as it is sent."""
        key = (member_id, found.period, found.zone.key, found.first_on, found.last_on, purpose)
        return await self._kept.of(
            key, found, lambda old: _answer_of(member_id, found, purpose, old)
        )


class _MemberSummary(msgspec.Struct):
    """The fields of `MemberSummary`, with the sums written already."""

    member_id: str
    period: str
    purpose: str | None
    time_zone: str
    first_on: date
    last_on: date
    periods: list[msgspec.Raw]
    total: msgspec.Raw
    by_purpose: list[msgspec.Raw]
    previous: msgspec.Raw | None


_encoder: Final = msgspec.json.Encoder()


def _answer_of(
    member_id: str, found: Summary, purpose: str | None, old: SummaryAnswer | None
) -> SummaryAnswer:
    written_before = {} if old is None else old.written
    written: dict[int, msgspec.Raw] = {}

    def write(summed: object, sums: Callable[[], BaseModel]) -> msgspec.Raw:
        raw = written_before.get(id(summed))
        if raw is None:
            raw = _raw(sums())
        written[id(summed)] = raw
        return raw

    by_purpose = sorted(found.by_purpose.items(), key=lambda item: item[0] or "")
    previous = found.previous
    body = _encoder.encode(
        _MemberSummary(
            member_id=member_id,
            period=found.period,
            purpose=purpose,
            time_zone=found.zone.key,
            first_on=found.first_on,
            last_on=found.last_on,
            periods=[write(one, partial(PeriodSums.of, one)) for one in found.periods],
            total=_raw(Sums.of_totals(found.sessions_count, found.totals)),
            by_purpose=[write(one, partial(PurposeSums.of, its, one)) for its, one in by_purpose],
            previous=None if previous is None else _raw(PreviousSums.of(previous, found.totals)),
        )
    )
    return SummaryAnswer(body, weak_tag_of(body), written, found)


def _raw(sums: BaseModel) -> msgspec.Raw:
    return msgspec.Raw(sums.model_dump_json().encode())
