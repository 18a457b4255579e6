from dataclasses import replace

import pytest

from backstride_gateway.domain.claiming import (
    ClaimTimeError,
    StoredClaim,
    check_claim_time,
    console_claim_id_of,
    holding,
    placed,
    released,
)
from backstride_shared.energy import Wearer

NOW_MS = 1_795_406_900_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000


def claim(
    claim_id: str, at_minute: float, *, until_minute: float | None = None, member_id: str = "m"
) -> StoredClaim:
    return StoredClaim(
        claim_id=claim_id,
        member_id=member_id,
        treadmill="gym/t",
        claimed_at_ms=NOW_MS + round(at_minute * MINUTE_MS),
        released_at_ms=None if until_minute is None else NOW_MS + round(until_minute * MINUTE_MS),
        wearer=Wearer(),
    )


def at(minute: float) -> int:
    return NOW_MS + round(minute * MINUTE_MS)


def test_a_claim_holds_from_its_beginning_to_its_release() -> None:
    claims = [claim("a", 0, until_minute=5)]
    assert holding(claims, {}, at(-0.1)) is None
    assert holding(claims, {}, at(0)) == claims[0]
    assert holding(claims, {}, at(4.9)) == claims[0]
    assert holding(claims, {}, at(5)) is None


def test_the_latest_claim_holds_whatever_the_order() -> None:
    first, second = claim("a", 0), claim("b", 2)
    assert holding([second, first], {}, at(3)) == second
    assert holding([second, first], {}, at(1)) == first


def test_a_claim_that_ended_gives_the_treadmill_to_nobody_not_to_the_one_before() -> None:
    claims = [claim("a", 0), claim("b", 2, until_minute=3)]
    assert holding(claims, {}, at(4)) is None


def test_a_claim_ends_after_ten_minutes_without_motion() -> None:
    claims = [claim("a", 0)]
    assert holding(claims, {}, at(10)) == claims[0]
    assert holding(claims, {}, at(10.1)) is None
    assert holding(claims, {"a": at(8)}, at(18)) == claims[0]
    assert holding(claims, {"a": at(8)}, at(18.1)) is None


def test_a_new_claim_cuts_the_one_that_holds() -> None:
    new, shortened = placed([claim("a", 0)], claim("b", 3))
    assert new == claim("b", 3)
    assert shortened == claim("a", 0, until_minute=3)


def test_a_new_claim_leaves_one_that_had_ended_as_it_is() -> None:
    _, shortened = placed([claim("a", 0, until_minute=2)], claim("b", 3))
    assert shortened is None


def test_a_claim_of_the_past_ends_where_the_next_one_begins() -> None:
    new, shortened = placed([claim("later", 5), claim("latest", 9)], claim("past", 2))
    assert new.released_at_ms == at(5)
    assert shortened is None


def test_a_claim_of_the_past_cuts_the_one_that_held_then() -> None:
    earlier = replace(claim("a", 0, until_minute=5), is_claim_stored=True, is_release_stored=True)
    _, shortened = placed([earlier, claim("c", 5)], claim("b", 2))
    assert shortened is not None
    assert shortened.released_at_ms == at(2)
    assert not shortened.is_release_stored


def test_a_claim_never_ends_before_it_began() -> None:
    assert released(claim("a", 5), at(3)).released_at_ms == at(5)


@pytest.mark.parametrize("at_ms", [NOW_MS - 7 * DAY_MS - 1, NOW_MS + 5 * MINUTE_MS + 1])
def test_a_claim_outside_what_the_log_keeps_is_refused(at_ms: int) -> None:
    with pytest.raises(ClaimTimeError):
        check_claim_time(at_ms, NOW_MS)


@pytest.mark.parametrize("at_ms", [NOW_MS - 7 * DAY_MS, NOW_MS, NOW_MS + 5 * MINUTE_MS])
def test_a_claim_inside_what_the_log_keeps_is_taken(at_ms: int) -> None:
    check_claim_time(at_ms, NOW_MS)


def test_a_repeated_console_message_is_the_same_claim_and_another_treadmill_another() -> None:
    first = console_claim_id_of("gym/a", "console-1")
    assert first == console_claim_id_of("gym/a", "console-1")
    assert len({first, console_claim_id_of("gym/b", "console-1")}) == 2
