from dataclasses import replace

import pytest

from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.delivery import confirmed, events_of, is_delivered
from backstride_shared.energy import Wearer
from backstride_shared.fold import TreadmillsFold
from backstride_shared.fold.state import TreadmillState

NOW_MS = 1_795_406_900_000
DAY_MS = 86_400_000
CLAIM = StoredClaim(
    claim_id="a",
    member_id="m",
    treadmill="gym/t",
    claimed_at_ms=NOW_MS,
    wearer=Wearer(mass_kg=80.0),
    purpose="training",
)
RELEASED = replace(CLAIM, released_at_ms=NOW_MS + 60_000)


def state_after(*claims: StoredClaim) -> dict[str, TreadmillState]:
    """Return the state that the real fold comes to."""
    fold = TreadmillsFold()
    for claim in claims:
        for event in events_of(claim):
            fold.apply(event)
    return dict(fold.states)


def test_what_the_fold_holds_of_a_claim_confirms_it() -> None:
    (found,) = confirmed([CLAIM], state_after(CLAIM), NOW_MS)
    assert found.is_claim_stored
    assert is_delivered(found)


def test_a_claim_that_no_state_holds_stays_undelivered() -> None:
    other = replace(CLAIM, claim_id="other")
    assert confirmed([CLAIM], {}, NOW_MS) == []
    assert confirmed([CLAIM], state_after(other), NOW_MS) == []
    assert not is_delivered(CLAIM)


def test_a_release_is_confirmed_apart_from_its_claim() -> None:
    (found,) = confirmed([RELEASED], state_after(CLAIM), NOW_MS)
    assert (found.is_claim_stored, found.is_release_stored) == (True, False)
    assert not is_delivered(found)
    (found,) = confirmed([found], state_after(CLAIM, RELEASED), NOW_MS)
    assert is_delivered(found)


def test_a_released_claim_reaches_a_fold_that_never_heard_of_it() -> None:
    state = state_after(RELEASED)["gym/t"]
    assert [(one.claim_id, one.released_at_ms) for one in state.claims] == [
        ("a", RELEASED.released_at_ms)
    ]
    assert state.claims[0].wearer == CLAIM.wearer
    assert state.claims[0].purpose == "training"


def test_sending_again_changes_nothing_in_the_fold() -> None:
    once, twice = state_after(RELEASED), state_after(RELEASED, RELEASED)
    assert once["gym/t"].claims == twice["gym/t"].claims
    assert once["gym/t"].revision == twice["gym/t"].revision


def test_a_claim_that_the_state_let_go_after_its_end_counts_as_delivered() -> None:
    stored = replace(RELEASED, is_claim_stored=True)
    (found,) = confirmed([stored], state_after(replace(CLAIM, claim_id="b")), NOW_MS)
    assert is_delivered(found)


@pytest.mark.parametrize("claim", [CLAIM, RELEASED])
def test_a_claim_older_than_the_log_keeps_is_not_sent_for_ever(claim: StoredClaim) -> None:
    assert confirmed([claim], {}, NOW_MS + 7 * DAY_MS) == []
    (found,) = confirmed([claim], {}, NOW_MS + 8 * DAY_MS)
    assert is_delivered(found)
