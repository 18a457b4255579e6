"""How quickly the pages are there, on the whole platform on this machine.

    python -m bench.page

A phone-sized Chromium opens pages of a demonstration, each in a browser that knows nothing yet:
bytes over the wire, first contentful paint, and the time until the number that one came for.  The
median of several visits is shown, and of the same page in a browser that was there before.
"""

import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.browsing import VIEWPORTS
from tests.e2e.running_platform import RunningPlatform
from tests.servers.chromium import ARGUMENTS, program_of_browser
from tests.waiting import wait_until

VISITS: Final = 5
WITHIN_MS: Final = 30_000
PAST_WITHIN_S: Final = 60.0
# each page with what a visitor waits for
PAGES: Final = {
    "/now": ".now-speed:not(:empty)",
    "/history": ".days-grid",
    "/sessions/{session_id}": ".charts canvas",
    "/learn": ".figure",
    "/floor": ".floor-tile",
}
_MEASURES: Final = """() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    bytes: ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
        .filter((entry) => !new URL(entry.name).pathname.startsWith("/v1"))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
})"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page; times in ms since the address was entered."""

    first_paint_ms: float
    shown_ms: float
    file_bytes: int


def main() -> None:
    """Measure each page and print a table; the figures go to .cache/bench-page.json too."""
    found: dict[str, dict[str, float]] = {}
    with demonstration() as platform, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program_of_browser(), args=list(ARGUMENTS)
        )
        url: str = platform.facts()["gateway_url"]
        member_id, past = wait_until(
            lambda: member_with_a_past(platform),
            what="somebody on a treadmill with a past",
            within_s=PAST_WITHIN_S,
            holds=lambda seen: seen is not None,
        ) or ("", "")
        print(f"{'page':<12}{'kB':>8}{'paint ms':>10}{'shown ms':>10}{'again ms':>10}")
        for pattern, sign in PAGES.items():
            path = pattern.format(session_id=past)
            visits = [visit(browser, url + path, sign, member_id) for _ in range(VISITS)]
            figures = {
                "file_bytes": max(first.file_bytes for first, _ in visits),
                "first_paint_ms": statistics.median(first.first_paint_ms for first, _ in visits),
                "shown_ms": statistics.median(first.shown_ms for first, _ in visits),
                "shown_again_ms": statistics.median(again.shown_ms for _, again in visits),
            }
            name = pattern.split("/{")[0]
            found[name] = figures
            print(
                f"{name:<12}{figures['file_bytes'] / 1000:>8.1f}{figures['first_paint_ms']:>10.0f}"
                f"{figures['shown_ms']:>10.0f}{figures['shown_again_ms']:>10.0f}"
            )
        browser.close()
    Path(".cache").mkdir(exist_ok=True)
    Path(".cache/bench-page.json").write_text(json.dumps(found, indent=2), encoding="utf-8")


@contextmanager
def demonstration() -> Iterator[RunningPlatform]:
    """Lend a demonstration with a past, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        platform = RunningPlatform(Path(folder) / "data", ("--demo",))
        platform.start()
        try:
            yield platform
        finally:
            platform.kill_everything()


def member_with_a_past(platform: RunningPlatform) -> tuple[str, str] | None:
    """Return who holds a treadmill and a session of theirs which is over, None while there is none.

    Half of the members of a demonstration hold none, and have no speed of their own to show.
    """
    with platform.http() as http:
        for treadmill in http.get("/v1/treadmills").json()["treadmills"]:
            if treadmill["claim"] is None:
                continue
            member_id = treadmill["claim"]["member_id"]
            answer = http.get(f"/v1/members/{member_id}/sessions").json()
            for session in answer["sessions"]:
                if not session["is_running"]:
                    return member_id, session["session_id"]
    return None


def visit(browser: Browser, address: str, sign: str, member_id: str) -> tuple[Visit, Visit]:
    """Open a page in a browser that knows nothing, and once more in the same."""
    context = browser.new_context(viewport=VIEWPORTS["phone"])
    context.add_init_script(f"localStorage.setItem('backstride_demo_member', {member_id!r})")
    page = context.new_page()
    looks = []
    for _ in range(2):
        began = perf_counter()
        page.goto(address)
        page.locator(sign).first.wait_for(timeout=WITHIN_MS)
        shown_ms = (perf_counter() - began) * 1000
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        told = page.evaluate(_MEASURES)
        looks.append(Visit(told["paint"], shown_ms, told["bytes"]))
    context.close()
    first, again = looks
    return first, again


if __name__ == "__main__":
    main()
