"""The wall screen runs for a day: some hundred thousand updates leave no memory behind."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import FAKE_STREAM, WITHIN_MS, Holder
from tests.component.gateway.desk import Desk
from tests.integration.gateway.page_server import PageServer, require_built_pages

TREADMILLS = 20
UPDATES = 150_000
WARM_UP = 10_000
# the page's whole heap is some 3 MB; one kept update of 2 kB would make 400 MB of these
MOST_GROWTH_BYTES = 500_000

_FEED = """async ([template, treadmills, from, to]) => {
    const view = JSON.parse(template);
    // reasons of doubt are not shown here, and only make the replay slower
    view.flags = view.session.flags = [];
    for (let number = from; number < to; number += 1) {
        const isReverse = Math.floor(number / treadmills) % 3 === 0;
        view.treadmill_id = `t-${String(number % treadmills).padStart(2, "0")}`;
        view.direction = isReverse ? "reverse" : "forward";
        view.belt_velocity_m_per_s = (isReverse ? -1 : 1) * (0.5 + (number % 97) / 100);
        view.status = number % 41 === 0 ? "standing" : "moving";
        view.session.forward.duration_s = number;
        view.session.energy.display = `≈ ${number} kcal (${number}–${number + 5})`;
        const claim = { claim_id: `c${number}`, display_name: `Name ${number}` };
        view.claim = number % 7 === 0 ? null : claim;
        view.alerts = number % 11 === 0 ? [{ alert_id: `a${number}` }] : [];
        const data = JSON.stringify(view);
        window.__stream.dispatchEvent(new MessageEvent("treadmill", { data }));
        // the browser lays the page out in between, as it would
        if (number % 2000 === 0) await new Promise(requestAnimationFrame);
    }
}"""


def heap_bytes(page: Page) -> tuple[int, int]:
    """Return the heap in use and the number of nodes, after collecting garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    found: dict[str, Any] = {one["name"]: one["value"] for one in metrics}
    session.detach()
    return int(found["JSHeapUsedSize"]), int(found["Nodes"])


@pytest.mark.timeout(300)
def test_a_day_on_the_wall_leaves_no_memory_behind(browser: Browser) -> None:
    require_built_pages()
    desk = Desk()
    server = PageServer(desk)
    server.start()
    try:
        server.call(lambda: desk.move(5, 1.2))
        wall = Holder(browser, server.url, viewport="desktop")
        page = wall.open("/treadmills")
        expect(page.locator(".card")).to_have_count(1, timeout=WITHIN_MS)
        template = page.evaluate("fetch('/v1/treadmills').then((answer) => answer.json())")
        told = json.dumps(template["treadmills"][0])
        wall.context.add_init_script(FAKE_STREAM)
        page = wall.open("/floor")
        page.evaluate(_FEED, [told, TREADMILLS, 0, WARM_UP])
        # and the one that the gateway itself knows
        expect(page.locator(".floor-tile")).to_have_count(TREADMILLS + 1)
        heap_before, nodes_before = heap_bytes(page)
        page.evaluate(_FEED, [told, TREADMILLS, WARM_UP, UPDATES])
        heap_after, nodes_after = heap_bytes(page)
        wall.close()
    finally:
        server.stop()
    assert heap_after - heap_before < MOST_GROWTH_BYTES
    assert nodes_after <= nodes_before + 50
