"""A gym's sums without names: of those who agreed, and only where they are many."""

from dataclasses import replace

from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS
from tests.component.gateway.two_gyms import TwoGyms
from tests.factories.session_records import session_record

PATH = "/v1/gyms/north/statistics"
HOUR_MS = 3_600_000


def train(gyms: TwoGyms, number: int, *, has_agreed: bool = True) -> None:
    """Let one more member train in the north, ten minutes, one of them backward."""
    desk = gyms.desk
    found = desk.add_member(f"member-{number}", f"90{number}")
    profile = replace(found.profile, is_counted_in_statistics=has_agreed)
    desk.members.replace(replace(found, profile=profile))
    desk.pass_minutes(1)
    claim = desk.claiming.claim(TreadmillKey("north/one"), found.member_id, None).claim
    desk.history.put(
        session_record(
            f"s-{number}",
            NOW_MS + number * HOUR_MS,
            claim_id=claim.claim_id,
            treadmill="north/one",
            backward_s=60.0,
        )
    )


async def test_four_who_agreed_are_too_few_to_be_summed_up() -> None:
    gyms = TwoGyms()
    for number in range(4):
        train(gyms, number)
    train(gyms, 4, has_agreed=False)
    async with gyms.signed_in("operator") as client:
        few = (await client.get(PATH)).json()
        assert (few["members_count"], few["of_members"]) == (None, None)
        train(gyms, 5)
        found = (await client.get(PATH)).json()
    assert found["members_count"] == 5
    sums = found["of_members"]
    # neither the one who did not agree, nor ann and bob, who were never asked
    assert sums["sessions_count"] == 5
    assert (sums["forward_s"], sums["backward_s"]) == (5 * 540.0, 5 * 60.0)


async def test_sessions_of_nobody_are_summed_up_apart() -> None:
    gyms = TwoGyms()
    for name, treadmill in (("x", "north/one"), ("y", "south/one")):
        gyms.desk.history.put(session_record(name, NOW_MS, treadmill=treadmill))
    async with gyms.signed_in("operator") as client:
        found = (await client.get(PATH)).json()
        empty = (await client.get(f"{PATH}?from=2026-01-01&to=2026-01-31")).json()
        oldest = await client.get(f"{PATH}?to=0001-01-05")
        newest = await client.get(f"{PATH}?to=9999-12-31")
        wrong = await client.get(f"{PATH}?from=2026-02-01&to=2026-01-31")
    assert found["of_nobody"]["sessions_count"] == 1
    assert (found["first_on"], found["last_on"]) == ("2026-10-25", "2026-11-23")
    assert empty["of_nobody"]["sessions_count"] == 0
    assert (oldest.status_code, newest.status_code) == (200, 422)
    assert wrong.status_code == 422
    assert wrong.json()["type"] == "urn:backstride:problem:range-invalid"
