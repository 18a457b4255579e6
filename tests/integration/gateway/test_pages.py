"""The pages in a real browser: what they show, and that nothing leaves the machine."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from backstride_gateway.api.pages import STATIC_DIRECTORY
from backstride_gateway.domain.members import Profile
from backstride_gateway.domain.platform import PlatformStatus, ReadingCounts
from backstride_shared.identity import TreadmillKey
from tests.component.gateway.desk import NOW_MS, TREADMILL, Desk
from tests.factories.series_points import series_point
from tests.factories.session_records import session_record
from tests.integration.gateway.page_server import PageServer

PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1360, "height": 900}
AXE = Path(__file__).parents[3] / "services/gateway/pages/node_modules/axe-core/axe.min.js"
DAY_MS = 86_400_000
WITHIN_MS = 15_000


class Visit:
    """A page in a browser, and everything it asked for or complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in {"error", "warning"}
                else None
            ),
        )


@pytest.fixture
def desk() -> Desk:
    """Return a gym with one member, who walked forward and backward on two days."""
    if not (STATIC_DIRECTORY / "index.html").is_file():
        pytest.fail("the pages are not built: run make setup", pytrace=False)
    desk = Desk()
    desk.add_member("m", profile=Profile(display_name="Ada", mass_kg=62.0, birth_year=1996))
    desk.status.status = PlatformStatus(NOW_MS, ReadingCounts(1200, 1200, 0, 0))
    return desk


@pytest.fixture
def server(desk: Desk) -> Iterator[PageServer]:
    server = PageServer(desk)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser: Browser, server: PageServer) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 360, "height": 780})
    visit = Visit(context.new_page())
    yield visit
    context.close()
    assert visit.hosts <= {f"127.0.0.1:{server.port}"}


def past_sessions(desk: Desk) -> None:
    """Store two sessions, the latest half backward with its readings."""
    desk.claiming.claim(TreadmillKey(TREADMILL), "m", None)
    (claim_id,) = desk.claims.rows
    for number, backward_s in enumerate((300, 0)):
        desk.history.put(
            session_record(
                f"s{number}",
                NOW_MS - number * DAY_MS,
                claim_id=claim_id,
                treadmill=TREADMILL,
                duration_s=600,
                backward_s=backward_s,
            )
        )
    desk.series.write(
        [
            series_point(
                1 + second,
                NOW_MS + second * 1000,
                treadmill=TREADMILL,
                is_reverse=second >= 300,
                heart_rate_bpm=110.0,
            )
            for second in range(600)
        ]
    )
    desk.pass_minutes(60)


def test_a_card_follows_the_belt_from_forward_to_reverse(
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(60, 1.2))
    visit.page.goto(server.url)
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
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, -1.2))
    visit.page.goto(server.url)
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
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, -0.7))
    server.call(lambda: desk.claiming.claim(TreadmillKey(TREADMILL), "m", None))
    visit.page.goto(server.url)
    advice = visit.page.locator(".advice")
    expect(advice).to_have_text(
        "Backward up to 2.9 km/h. Start slowly: level, rail in reach, safety clip on.",
        timeout=WITHIN_MS,
    )
    server.call(lambda: desk.claiming.release(TreadmillKey(TREADMILL), None))
    expect(advice).to_be_hidden(timeout=WITHIN_MS)


def test_a_treadmill_that_falls_silent_says_so(
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.page.goto(server.url)
    card = visit.page.get_by_role("article", name="treadmill-01")
    expect(card.locator(".status")).to_have_text("moving", timeout=WITHIN_MS)
    server.call(lambda: desk.pass_minutes(30))
    expect(card.locator(".status")).to_have_text("silent · 30 min ago", timeout=WITHIN_MS)
    expect(card.locator(".speed")).to_have_text("–")


def test_a_demo_member_claims_and_releases_by_button(
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.page.goto(server.url)
    card = visit.page.get_by_role("article", name="treadmill-01")
    card.get_by_role("button", name="Claim").click(timeout=WITHIN_MS)
    expect(card.get_by_role("link", name="Ada")).to_be_visible(timeout=WITHIN_MS)
    card.get_by_role("button", name="Release").click()
    expect(card.get_by_role("button", name="Claim")).to_be_visible(timeout=WITHIN_MS)
    (claim,) = desk.claims.rows.values()
    assert claim.released_at_ms is not None


def test_the_page_comes_back_by_itself_when_the_gateway_does(
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, 1.2))
    visit.page.goto(server.url)
    connection = visit.page.locator(".connection")
    expect(connection).to_have_text("live", timeout=WITHIN_MS)
    server.stop()
    expect(connection).to_have_text("reconnecting…", timeout=WITHIN_MS)
    server.start()
    expect(connection).to_have_text("live", timeout=WITHIN_MS)
    server.call(lambda: desk.move(5, -0.9))
    expect(visit.page.locator(".word")).to_have_text("Reverse", timeout=WITHIN_MS)


def test_a_members_page_draws_the_session_and_tells_the_honest_answer(
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    past_sessions(desk)
    visit.page.goto(f"{server.url}/members/m")
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
    visit: Visit, server: PageServer, desk: Desk
) -> None:
    past_sessions(desk)
    visit.page.goto(f"{server.url}/members/m")
    visit.page.locator(".sessions button").nth(1).click(timeout=WITHIN_MS)
    expect(visit.page.locator(".sessions button").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(visit.page.locator(".detail")).to_contain_text("0:00 · 0 m", timeout=WITHIN_MS)
    assert visit.page.url.endswith("#s1")


def test_an_unknown_member_is_told_in_words(visit: Visit, server: PageServer) -> None:
    visit.page.goto(f"{server.url}/members/nobody")
    expect(visit.page.get_by_role("alert")).to_contain_text(
        "No member has this id", timeout=WITHIN_MS
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_fit_and_are_accessible_in_each_scheme(
    browser: Browser, server: PageServer, desk: Desk, viewport: dict[str, int], scheme: str
) -> None:
    past_sessions(desk)
    server.call(lambda: desk.claiming.claim(TreadmillKey(TREADMILL), "m", None))
    server.call(lambda: desk.move(30, -1.9))
    # a second card, where the long name stands among those to choose from
    desk.add_member("n", "1002", Profile(display_name="Maximiliane-Theodora Longname-Longer"))
    server.call(lambda: desk.move(30, 1.2, treadmill="demo/treadmill-02"))
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    for path, sign in {"/": ".card .alert", "/members/m": ".detail canvas"}.items():
        page.goto(server.url + path)
        expect(page.locator(sign).first).to_be_visible(timeout=WITHIN_MS)
        widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], f"{path} scrolls sideways"
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    context.close()
