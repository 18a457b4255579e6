"""The phone's pages over stores in memory: in every form, with every kind of bad luck."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from backstride_gateway.domain.members import Profile
from tests.browsing import FAKE_STREAM, SCHEMES, VIEWPORTS, WITHIN_MS, Holder, Scheme
from tests.component.gateway.desk import TREADMILL, Desk
from tests.factories.alert_records import alert_record
from tests.factories.session_records import session_record
from tests.integration.gateway.page_server import PageServer
from tests.integration.gateway.walks import walk_now, walked_before
from tests.waiting import wait_until

MOST_FIRST_LOAD_BYTES = 150_000
PATHS = {
    "/now": ".now-speed",
    "/history": ".calendar",
    "/sessions/s0": ".charts canvas",
    "/summary": ".bars canvas",
    "/profile": "form",
    "/my-data": ".erase",
    "/more": ".choices",
    "/learn": ".figure",
    "/floor": ".floor-tile",
    f"/treadmills/{TREADMILL}": ".actions",
    "/treadmills": ".card",
}


@pytest.fixture
def phone(browser: Browser, server: PageServer) -> Iterator[Holder]:
    holder = Holder(browser, server.url)
    holder.be_demo_member("m")
    yield holder
    holder.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("viewport", VIEWPORTS)
def test_every_page_fits_is_accessible_and_does_not_jump(
    browser: Browser, server: PageServer, desk: Desk, viewport: str, scheme: Scheme
) -> None:
    walked_before(desk)
    walk_now(server, -1.9)
    desk.alerts.put(alert_record("a", desk.now_ms, treadmill=TREADMILL))
    holder = Holder(browser, server.url, viewport=viewport, scheme=scheme)
    holder.be_demo_member("m")
    found: dict[str, Any] = {}
    for path, sign in PATHS.items():
        page = holder.open(path)
        expect(page.locator(sign).first).to_be_visible(timeout=WITHIN_MS)
        # the live stream has its say before what moved is counted
        waiting = page.locator(".connection[data-state=waiting]:not([hidden])")
        expect(waiting).to_have_count(0, timeout=WITHIN_MS)
        faults = {
            "axe": holder.violations(),
            "shifts": holder.shifts(),
            "sideways": holder.scrolls_sideways(),
        }
        found |= {path: faults} if any(faults.values()) else {}
    assert found == {}
    assert holder.complaints == []
    holder.close()


def test_the_ways_in_and_the_answer_are_accessible_to_strangers(browser: Browser) -> None:
    desk = Desk(is_demo=False)
    server = PageServer(desk)
    server.start()
    holder = Holder(browser, server.url)
    try:
        for path, sign in {"/": "Set-up code", "/learn": "Before you try it"}.items():
            page = holder.open(path)
            expect(page.get_by_text(sign).first).to_be_visible(timeout=WITHIN_MS)
            assert holder.violations() == []
            assert holder.shifts() == []
    finally:
        server.stop()
    holder.close()


def test_the_numbers_come_back_after_a_restart_and_never_go_down(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    walk_now(server)
    page = phone.open("/now")
    backward = page.locator(".now-times .backward dd")
    expect(backward).to_have_text("0:29", timeout=WITHIN_MS)
    page.evaluate(
        """() => {
            window.__seen = [];
            const element = document.querySelector(".now-times .backward dd");
            new MutationObserver(() => window.__seen.push(element.textContent))
                .observe(element, { childList: true, characterData: true, subtree: true });
        }"""
    )
    server.stop()
    expect(page.locator(".now-old")).to_contain_text("Not connected", timeout=WITHIN_MS)
    expect(backward).to_have_text("0:29")
    server.start()
    server.call(lambda: desk.move(10, -0.8))
    expect(backward).to_have_text("0:39", timeout=WITHIN_MS)
    expect(page.locator(".now-old")).to_be_empty(timeout=WITHIN_MS)
    seen = page.evaluate("window.__seen")
    assert seen == sorted(seen)


def tell(page: Page, session_id: str, backward_s: int) -> None:
    """Let the stream tell these totals of a session on the own treadmill."""
    page.evaluate(
        """async ([session_id, backward_s]) => {
            const answer = await fetch("/v1/treadmills");
            const view = (await answer.json()).treadmills[0];
            view.session.session_id = session_id;
            view.session.backward.duration_s = backward_s;
            view.session.energy.gross_kcal = backward_s / 10;
            view.session.energy.display = `≈ ${backward_s} kcal (1–2)`;
            const data = JSON.stringify(view);
            window.__stream.dispatchEvent(new MessageEvent("treadmill", { data }));
        }""",
        [session_id, backward_s],
    )


def test_totals_of_a_session_are_held_where_a_gateway_begins_with_older_ones(
    phone: Holder, server: PageServer
) -> None:
    walk_now(server)
    phone.context.add_init_script(FAKE_STREAM)
    page = phone.open("/now")
    backward = page.locator(".now-times .backward dd")
    expect(backward).to_have_text("0:29", timeout=WITHIN_MS)

    tell(page, "one", 100)
    expect(backward).to_have_text("1:40")
    tell(page, "one", 50)
    expect(backward).to_have_text("1:40")
    expect(page.locator(".now-kcal")).to_have_text("≈ 100")
    tell(page, "one", 120)
    expect(backward).to_have_text("2:00")
    tell(page, "another", 5)
    expect(backward).to_have_text("0:05")


@pytest.mark.parametrize("is_recomputed", [True, False])
def test_lower_totals_are_taken_only_of_a_session_that_was_recomputed(
    phone: Holder, server: PageServer, desk: Desk, *, is_recomputed: bool
) -> None:
    walk_now(server)
    (claim_id,) = desk.claims.rows
    record = session_record("one", desk.now_ms, claim_id=claim_id, treadmill=TREADMILL)
    recomputed_at_ms = desk.now_ms if is_recomputed else None
    desk.history.put(replace(record, recomputed_at_ms=recomputed_at_ms))
    phone.context.add_init_script(FAKE_STREAM)
    phone.page.clock.install()
    page = phone.open("/now")
    tell(page, "one", 100)
    tell(page, "one", 50)
    page.clock.fast_forward(21_000)
    with page.expect_response("**/v1/sessions/one"):
        tell(page, "one", 50)
    backward = page.locator(".now-times .backward dd")

    def told_again() -> str:
        tell(page, "one", 51)
        return backward.inner_text()

    if is_recomputed:
        # the answer has come, and the page may still be reading it
        wait_until(told_again, what="lower totals", holds=lambda shown: shown == "0:51")
    else:
        assert [told_again() for _ in range(3)] == ["1:40"] * 3
    assert ("Recomputed" in page.locator(".now-twice").inner_text()) is is_recomputed


def test_numbers_grow_old_whatever_the_phones_clock_says(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    walk_now(server)
    # a clock that is three years ahead and stands
    phone.context.add_init_script("Date.now = () => new Date('2029-01-01T00:00:00Z').getTime()")
    page = phone.open("/now")
    expect(page.locator(".now-speed")).to_have_text("−2.9", timeout=WITHIN_MS)
    expect(page.locator(".now-old")).to_be_empty()
    server.call(lambda: desk.pass_minutes(2))
    expect(page.locator(".now-old")).to_contain_text("min old", timeout=WITHIN_MS)
    expect(page.locator(".now-word")).to_have_text("No signal")


def test_a_name_of_200_characters_from_right_to_left_fits(phone: Holder, desk: Desk) -> None:
    desk.add_member("n", "1002", Profile(display_name="شهرزاد" * 33 + "اب", birth_year=1990))
    phone.be_demo_member("n")
    for path in ("/profile", "/now", "/treadmills", "/my-data"):
        page = phone.open(path)
        expect(page.locator("main")).not_to_be_empty()
        assert not phone.scrolls_sideways(), path
    page = phone.open("/profile")
    assert page.locator("main h1").get_attribute("dir") == "auto"


def test_an_empty_history_says_what_to_do(phone: Holder) -> None:
    page = phone.open("/history")
    expect(page.locator(".sessions")).to_contain_text("Nothing yet", timeout=WITHIN_MS)
    page = phone.open("/summary")
    expect(page.get_by_text("None yet")).to_be_visible(timeout=WITHIN_MS)


def test_a_session_that_nobody_ended_tells_its_last_step_and_ends_by_itself(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: walked_before(desk, has_ended=False))
    server.call(lambda: desk.pass_minutes(-48))
    page = phone.open("/sessions/s0")
    expect(page.locator(".notice")).to_contain_text("Last step at 04:18", timeout=WITHIN_MS)
    expect(page.locator(".notice")).to_contain_text("ends by itself")
    server.call(lambda: desk.pass_minutes(48))
    expect(page.locator(".notice")).to_have_count(0, timeout=WITHIN_MS)


def walk_and_finish(phone: Holder, server: PageServer) -> Page:
    """Walk, and tap Finish twice: what follows is the session's page."""
    walk_now(server)
    page = phone.open("/now")
    page.get_by_role("button", name="Finish").click(timeout=WITHIN_MS)
    page.get_by_role("button", name="Tap again to finish").click()
    return page


def test_a_session_just_finished_is_waited_for_until_it_is_stored(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    page = walk_and_finish(phone, server)
    expect(page.get_by_role("status").filter(has_text="being written down")).to_be_visible(
        timeout=WITHIN_MS
    )

    session_id = page.url.rpartition("/")[2]
    (claim_id,) = desk.claims.rows

    def store(duration_s: float) -> None:
        desk.history.put(
            session_record(
                session_id,
                desk.now_ms,
                claim_id=claim_id,
                treadmill=TREADMILL,
                duration_s=duration_s,
                backward_s=duration_s / 2,
            )
        )

    # what is there first lacks the last second that was seen, and the next one what nobody saw
    store(1.0)
    expect(page.get_by_role("status").filter(has_text="being written down")).to_be_visible()
    store(600.0)
    expect(page.get_by_role("heading", name="Twice?")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator(".session-sums div.backward")).to_contain_text("5:00")
    store(604.0)
    expect(page.locator(".session-sums div.backward")).to_contain_text("5:02", timeout=WITHIN_MS)


def test_a_session_that_came_under_another_id_is_found_by_its_claim(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    page = walk_and_finish(phone, server)
    (claim_id,) = desk.claims.rows
    desk.history.put(
        session_record("other", desk.now_ms, claim_id=claim_id, treadmill=TREADMILL, backward_s=300)
    )
    expect(page.get_by_role("heading", name="Twice?")).to_be_visible(timeout=WITHIN_MS)
    assert page.url.endswith("/sessions/other")


def test_the_calendar_shows_both_directions_and_a_day_filters(phone: Holder, desk: Desk) -> None:
    walked_before(desk)
    # the member's month is that of the desk's clock
    phone.page.clock.set_fixed_time(datetime.fromtimestamp(desk.now_ms / 1000, UTC))
    page = phone.open("/history")
    expect(page.locator("button.day")).to_have_count(2, timeout=WITHIN_MS)
    expect(page.locator(".day .dot.backward")).to_have_count(1)
    expect(page.locator(".sessions a")).to_have_count(2)
    page.locator("button.day").first.click()
    expect(page.locator(".sessions a")).to_have_count(1, timeout=WITHIN_MS)
    page.get_by_label("Direction").select_option("true")
    expect(page.locator(".sessions")).to_contain_text("No session is like that", timeout=WITHIN_MS)


def test_other_units_are_chosen_once_and_stay(phone: Holder, server: PageServer) -> None:
    walk_now(server, -1.0)
    page = phone.open("/more")
    page.get_by_text("mph · lb").click()
    page = phone.open("/now")
    expect(page.locator(".now-unit")).to_have_text("mph", timeout=WITHIN_MS)
    expect(page.locator(".now-speed")).to_have_text("−2.2")


def test_the_shell_works_offline_and_keeps_nothing_of_a_person(
    phone: Holder, server: PageServer, desk: Desk
) -> None:
    walked_before(desk)
    page = phone.open("/history")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    kept = page.evaluate(
        """async () => {
            const names = await caches.keys();
            const opened = await Promise.all(names.map((name) => caches.open(name)));
            const all = await Promise.all(opened.map((cache) => cache.keys()));
            return all.flat().map((request) => new URL(request.url).pathname);
        }"""
    )
    assert "/" in kept
    assert [path for path in kept if path.startswith("/v1")] == []
    server.stop()
    phone.context.set_offline(True)
    page.goto("/history")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached", timeout=WITHIN_MS)
    expect(page.locator(".offline")).to_be_visible()
    phone.context.set_offline(False)
    server.start()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".sessions a")).to_have_count(2, timeout=WITHIN_MS)


def test_a_page_of_an_older_version_loads_itself_anew(browser: Browser, server: PageServer) -> None:
    holder = Holder(browser, server.url, service_workers="block")
    holder.be_demo_member("m")
    page = holder.open("/more")
    # the gateway was upgraded meanwhile: files of the older version are gone
    page.route("**/assets/history-*.js", lambda route: route.fulfill(status=404), times=1)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".calendar .month")).to_be_visible(timeout=WITHIN_MS)
    holder.close()


@pytest.mark.parametrize("path", ["/now", "/learn"])
def test_a_first_load_is_small(phone: Holder, server: PageServer, path: str) -> None:
    walk_now(server)
    page = phone.open(path)
    expect(page.locator("main h1").first).to_be_attached()
    sizes = page.evaluate(
        """() => ["navigation", "resource"]
            .flatMap((kind) => performance.getEntriesByType(kind))
            .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize])"""
    )
    files = {path: size for path, size in sizes if not path.startswith("/v1")}
    assert 0 < sum(files.values()) <= MOST_FIRST_LOAD_BYTES, files


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("br, gzip", "br"), ("gzip;q=0.8", "gzip"), ("identity", None)]
)
def test_files_are_sent_as_the_browser_takes_them(
    server: PageServer, accepted: str, encoding: str | None
) -> None:
    answer = httpx.get(server.url, headers={"Accept-Encoding": accepted}, trust_env=False)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    whole = httpx.get(server.url, headers={"Accept-Encoding": "identity"}, trust_env=False)
    assert "<!doctype html>" in whole.text
    assert int(answer.headers["Content-Length"]) <= len(whole.content)


def test_an_alert_is_acknowledged_on_the_wall(
    browser: Browser, server: PageServer, desk: Desk
) -> None:
    server.call(lambda: desk.move(5, -1.9))
    desk.alerts.put(alert_record("a", desk.now_ms, treadmill=TREADMILL))
    wall = Holder(browser, server.url, viewport="desktop")
    page = wall.open("/floor")
    page.get_by_role("button", name="Acknowledge").click(timeout=WITHIN_MS)
    expect(page.locator(".floor-alert")).to_contain_text("Seen by the staff", timeout=WITHIN_MS)
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    wall.close()
