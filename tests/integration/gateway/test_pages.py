"""The pages in a real browser: what they show, and that nothing leaves the machine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.platform import PlatformStatus, ReadingCounts
from backstride_shared.identity import TreadmillKey
from tests.browsing import SCHEMES, WITHIN_MS, Holder, Scheme
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.integration.gateway.page_server import PageServer
from tests.integration.gateway.walks import walked_before


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Return the gym with its counts of readings."""
    desk.status.status = PlatformStatus(NOW_MS, ReadingCounts(1200, 1200, 0, 0))
    return desk


@pytest.fixture
def visit(browser: Browser, server: PageServer) -> Iterator[Holder]:
    holder = Holder(browser, server.url, viewport="small phone")
    yield holder
    holder.close()


def test_a_card_follows_the_belt_from_forward_to_reverse(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(60, 1.2))
    visit.open("/")
    card = visit.page.get_by_role("article", name="treadmill-01")
    expect(card.get_by_text("Forward", exact=True).first).to_be_visible(timeout=WITHIN_MS)
    expect(card.locator(".speed")).to_have_text("4.3")
    expect(card.locator(".arrow")).to_have_text("→")
    server.call(lambda: desk.move(240, -0.9))
    expect(card.locator(".word")).to_have_text("Reverse", timeout=WITHIN_MS)
    expect(card.locator(".speed")).to_have_text("−3.2")
    expect(card.locator(".arrow")).to_have_text("←")
    expect(card.locator(".energy")).to_contain_text("(")
    expect(card.locator(".dividend")).to_contain_text("more than the same speed forward")
    card.get_by_text("Less certain now: 1 reason").click()
    expect(card.locator(".doubts li").first).to_contain_text("Hands on the rail, or not known")
    expect(visit.page.locator(".counts")).to_contain_text("1,200 stored · 0 lost")
    expect(visit.page.locator(".banner")).to_contain_text("simulated")
    assert visit.complaints == []


def test_an_alert_is_told_on_its_card_and_goes_when_it_is_over(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, -1.2))
    visit.open("/")
    card = visit.page.get_by_role("article", name="treadmill-01")
    live = card.locator("[aria-live=polite]")
    expect(card.locator(".status")).to_have_text("moving", timeout=WITHIN_MS)
    expect(live).to_be_empty()
    server.call(lambda: desk.move(5, -1.9))
    expect(live).to_contain_text("Backward faster than advised", timeout=WITHIN_MS)
    server.call(lambda: desk.move(8, -1.0))
    expect(live).to_be_empty(timeout=WITHIN_MS)
    assert visit.complaints == []


def test_the_card_of_a_claimed_treadmill_advises_a_slow_start_backward(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, -0.7))
    server.call(lambda: desk.claiming.claim(TreadmillKey(TREADMILL), "m", None))
    visit.open("/")
    advice = visit.page.locator(".advice")
    expect(advice).to_have_text(
        "Backward up to 2.9 km/h. Start slowly: level, rail in reach, safety clip on.",
        timeout=WITHIN_MS,
    )
    server.call(lambda: desk.claiming.release(TreadmillKey(TREADMILL), None))
    expect(advice).to_be_hidden(timeout=WITHIN_MS)


def test_a_treadmill_that_falls_silent_says_so(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.open("/")
    card = visit.page.get_by_role("article", name="treadmill-01")
    expect(card.locator(".status")).to_have_text("moving", timeout=WITHIN_MS)
    server.call(lambda: desk.pass_minutes(30))
    expect(card.locator(".status")).to_have_text("silent · 30 min ago", timeout=WITHIN_MS)
    expect(card.locator(".speed")).to_have_text("–")


def test_a_demo_member_claims_and_releases_by_button(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.open("/")
    card = visit.page.get_by_role("article", name="treadmill-01")
    card.get_by_role("button", name="Claim").click(timeout=WITHIN_MS)
    expect(card.get_by_role("link", name="Ada")).to_be_visible(timeout=WITHIN_MS)
    card.get_by_role("button", name="Release").click()
    expect(card.get_by_role("button", name="Claim")).to_be_visible(timeout=WITHIN_MS)
    (claim,) = desk.claims.rows.values()
    assert claim.released_at_ms is not None


def test_the_page_comes_back_by_itself_when_the_gateway_does(
    visit: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.open("/")
    connection = visit.page.locator(".connection")
    expect(connection).to_have_text("live", timeout=WITHIN_MS)
    server.stop()
    expect(connection).to_have_text("reconnecting…", timeout=WITHIN_MS)
    server.start()
    expect(connection).to_have_text("live", timeout=WITHIN_MS)
    server.call(lambda: desk.move(5, -0.9))
    expect(visit.page.locator(".word")).to_have_text("Reverse", timeout=WITHIN_MS)


def test_a_members_page_draws_the_session_and_tells_the_honest_answer(
    visit: Holder, desk: Desk
) -> None:
    walked_before(desk, has_ended=False)
    visit.open("/members/m")
    expect(visit.page.get_by_role("heading", name="Ada")).to_be_visible(timeout=WITHIN_MS)
    expect(visit.page.locator(".answer")).to_have_text(
        "Your backward minutes cost 1.25 × the same forward (1.00–1.50), not 2 ×."
    )
    expect(visit.page.locator(".sessions button")).to_have_count(2)
    speed = visit.page.get_by_role("img", name="Belt speed over the session")
    expect(speed.locator("canvas")).to_be_visible(timeout=WITHIN_MS)
    drawn = speed.locator("canvas").evaluate(
        """canvas => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const middle = canvas.height / 2;
            const found = { above: 0, below: 0 };
            for (let i = 0; i < data.length; i += 4) {
                const [red, , blue, alpha] = data.slice(i, i + 4);
                if (alpha < 40) continue;
                const row = i / 4 / canvas.width;
                if (blue > red + 60) found.above += row < middle ? 1 : 0;
                if (red > blue + 60) found.below += row > middle * 0.5 ? 1 : 0;
            }
            return found;
        }"""
    )
    assert drawn["above"] > 1000, "forward is drawn above the axis"
    assert drawn["below"] > 1000, "reverse is drawn below it"
    visit.page.get_by_text("The numbers of this chart").click()
    rows = visit.page.locator(".detail .numbers tbody tr")
    expect(rows).to_have_count(300)
    expect(rows.last).to_contain_text("−4.5")
    assert visit.complaints == []


def test_another_session_is_chosen_by_click_and_kept_in_the_address(
    visit: Holder, desk: Desk
) -> None:
    walked_before(desk, has_ended=False)
    visit.open("/members/m")
    visit.page.locator(".sessions button").nth(1).click(timeout=WITHIN_MS)
    expect(visit.page.locator(".sessions button").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(visit.page.locator(".detail")).to_contain_text("0:00 · 0 m", timeout=WITHIN_MS)
    assert visit.page.url.endswith("#s1")


def test_an_unknown_member_is_told_in_words(visit: Holder) -> None:
    visit.open("/members/nobody")
    expect(visit.page.get_by_role("alert")).to_contain_text(
        "No member has this id", timeout=WITHIN_MS
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("viewport", ["small phone", "desktop"])
def test_pages_fit_and_are_accessible_in_each_scheme(
    browser: Browser, server: PageServer, desk: Desk, viewport: str, scheme: Scheme
) -> None:
    walked_before(desk, has_ended=False)
    server.call(lambda: desk.claiming.claim(TreadmillKey(TREADMILL), "m", None))
    server.call(lambda: desk.move(30, -1.9))
    # a second card, where the long name stands among those to choose from
    desk.add_member("n", "1002", Profile(display_name="Maximiliane-Theodora Longname-Longer"))
    server.call(lambda: desk.move(30, 1.2, treadmill="demo/treadmill-02"))
    holder = Holder(browser, server.url, viewport=viewport, scheme=scheme)
    for path, sign in {"/": ".card .alert", "/members/m": ".detail canvas"}.items():
        page = holder.open(path)
        expect(page.locator(sign).first).to_be_visible(timeout=WITHIN_MS)
        assert not holder.scrolls_sideways(), path
        assert holder.violations() == []
    holder.close()
