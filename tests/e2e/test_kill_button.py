"""The button of a demonstration: it kills the processor, and one watches nothing being lost."""

import psutil
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import NewPlatform
from tests.waiting import wait_until

BACK_WITHIN_MS = 60_000


def test_the_page_kills_the_processor_and_shows_that_nothing_is_lost(
    new_platform: NewPlatform, browser: Browser
) -> None:
    platform = new_platform("--demo", "--treadmills", "2", "--history-days", "0")
    platform.start()
    wait_until(
        lambda: (platform.status()["readings"] or {"stored": 0})["stored"], what="stored readings"
    )
    killed = platform.child("processor")
    page = browser.new_page()
    page.goto(platform.facts()["gateway_url"])

    page.get_by_role("button", name="Kill the processor").click()

    told = page.locator("section.demo [role=status]")
    expect(told).to_contain_text("0 lost, 0 doubled", timeout=BACK_WITHIN_MS)
    expect(told).to_contain_text("Back after", timeout=BACK_WITHIN_MS)
    expect(told).to_contain_text("0 lost, 0 doubled")
    assert not psutil.pid_exists(killed.pid)
    assert platform.restarts()["processor"] == 1
