"""Who holds a treadmill at a moment."""

from backstride_shared.fold.timeline import (
    ENDLESS_MS,
    KEPT_MS,
    holder_at,
    pruned,
    with_claim,
    with_release,
)
from tests.factories.events import START_MS, claim


def holder_id(claims: list, at_s: float, expiries: dict[str, int] | None = None) -> str | None:  # type: ignore[type-arg]
    holder = holder_at(claims, expiries or {}, START_MS + round(at_s * 1000))
    return holder.claim.claim_id if holder.claim else None


def test_nobody_holds_an_unclaimed_treadmill() -> None:
    holder = holder_at([], {}, START_MS)

    assert holder.claim is None
    assert holder.until_ms == ENDLESS_MS


def test_a_claim_holds_from_its_moment_on() -> None:
    claims = [claim("a", 10)]

    assert [holder_id(claims, at_s) for at_s in (9.999, 10, 11)] == [None, "a", "a"]


def test_the_next_claim_ends_the_one_before() -> None:
    claims = with_claim([claim("a", 0)], claim("b", 10))

    assert [holder_id(claims, at_s) for at_s in (9, 10)] == ["a", "b"]
    assert holder_at(claims, {}, START_MS).until_ms == START_MS + 10_000


def test_after_a_release_nobody_holds_it() -> None:
    claims = with_release([claim("a", 0)], "a", START_MS + 5000)

    assert [holder_id(claims, at_s) for at_s in (4, 5)] == ["a", None]


def test_a_release_before_the_claim_leaves_an_empty_interval() -> None:
    claims = with_release([claim("a", 10)], "a", START_MS)

    assert holder_id(claims, 10) is None


def test_a_claim_that_stood_idle_has_ended() -> None:
    claims = [claim("a", 0)]

    assert holder_id(claims, 700, {"a": START_MS + 600_000}) is None


def test_claims_come_in_any_order() -> None:
    claims = with_claim(with_claim([claim("b", 10)], claim("c", 20)), claim("a", 0))

    assert [one.claim_id for one in claims] == ["a", "b", "c"]


def test_an_ended_claim_is_kept_for_as_long_as_its_readings_may_come() -> None:
    claims = [claim("a", 0, released_at_s=60), claim("b", 120)]

    assert len(pruned(claims, {}, START_MS + KEPT_MS + 59_000)) == 2
    assert [one.claim_id for one in pruned(claims, {}, START_MS + KEPT_MS + 61_000)] == ["b"]
