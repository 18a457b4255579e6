"""What a member tells on the pages arrives: profile, mass, goals, corrections, account."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from backstride_shared.identity import TreadmillKey
from tests.browsing import WITHIN_MS, Holder
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.component.gateway.two_gyms import PASSWORD, TwoGyms
from tests.factories.session_records import session_record
from tests.integration.gateway.page_server import PageServer


@pytest.fixture
def phone(browser: Browser, server: PageServer) -> Iterator[Holder]:
    holder = Holder(browser, server.url)
    holder.be_demo_member("m")
    yield holder
    holder.close()
    assert holder.complaints == []


def test_a_profile_is_saved_twice_in_a_row(phone: Holder, desk: Desk) -> None:
    page = phone.open("/profile")
    for height in ("171", "172"):
        page.get_by_label("Height in cm").fill(height)
        page.get_by_label("I take a beta-blocker").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible(timeout=WITHIN_MS)
    profile = desk.membership.get("m").profile
    assert (profile.height_cm, profile.has_beta_blocker) == (172.0, True)
    assert profile.mass_kg == 62.0


def test_a_mass_is_noted_in_pounds(phone: Holder, desk: Desk) -> None:
    page = phone.open("/more")
    page.get_by_text("mph · lb").click()
    page = phone.open("/profile")
    page.get_by_label("Body mass in lb").fill("150")
    page.get_by_role("textbox", name="From").fill("2026-11-20")
    page.get_by_role("button", name="Note it").click()
    noted = page.get_by_role("list", name="Body mass over time")
    expect(noted).to_contain_text("150.0 lb", timeout=WITHIN_MS)
    assert any(
        abs((one.mass_kg or 0) - 68.04) < 0.01 for one in desk.body.masses(desk.membership.get("m"))
    )


def test_goals_are_set_and_shown_with_their_progress(phone: Holder) -> None:
    page = phone.open("/summary")
    page.get_by_text("Set goals for each week").click()
    page.get_by_label("Backward minutes").fill("20")
    page.get_by_role("button", name="Keep these goals").click()
    expect(page.locator(".goal")).to_contain_text("0 of 20 min", timeout=WITHIN_MS)


def test_a_correction_is_sent_and_told_as_under_way(phone: Holder, desk: Desk) -> None:
    desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
    (claim_id,) = desk.claims.rows
    desk.history.put(session_record("s", NOW_MS, claim_id=claim_id, treadmill=TREADMILL))
    desk.pass_minutes(60)
    page = phone.open("/sessions/s")
    page.get_by_text("Something is wrong here").click()
    page.get_by_label("Body mass in kg").fill("70.5")
    page.get_by_label("Hands").select_option("rest")
    page.get_by_role("button", name="Compute again").click()
    told = page.locator(".corrected li")
    expect(told).to_contain_text("70.5 kg, hands resting on the rail: being computed")


@pytest.fixture
def signed_in(browser: Browser) -> Iterator[Holder]:
    gyms = TwoGyms()
    server = PageServer(gyms.desk)
    server.start()
    holder = Holder(browser, server.url)
    page = holder.page
    page.goto("/sign-in?next=/account")
    page.get_by_label("Sign-in name").fill("ann", timeout=WITHIN_MS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible(timeout=WITHIN_MS)
    yield holder
    holder.close()
    server.stop()


def test_a_token_is_shown_once_and_revoked(signed_in: Holder) -> None:
    page = signed_in.page
    page.get_by_label("What for").fill("spreadsheet")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator(".secret code")
    expect(secret).not_to_be_empty(timeout=WITHIN_MS)
    tokens = page.get_by_role("list", name="Access tokens")
    expect(tokens).to_contain_text("spreadsheet")
    signed_in.open("/account")
    expect(tokens).to_contain_text("spreadsheet", timeout=WITHIN_MS)
    expect(secret).to_have_count(0)
    page.get_by_role("button", name="Revoke spreadsheet").click()
    expect(tokens).not_to_contain_text("spreadsheet", timeout=WITHIN_MS)
    assert signed_in.violations() == []


def test_a_wrong_password_changes_nothing_and_keeps_the_page(signed_in: Holder) -> None:
    page = signed_in.page
    page.get_by_label("Present password").fill("six pigs swim")
    page.get_by_label("New password").fill("five cows sleep")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert").first).not_to_be_empty(timeout=WITHIN_MS)
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Changed. Other devices")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(f"{signed_in.base_url}/sign-in", timeout=WITHIN_MS)
