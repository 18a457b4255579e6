"""The way of somebody who never saw it: join, start, go backward, find it, understand, leave."""

import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import WITHIN_MS, Holder
from tests.e2e.conftest import NewPlatform
from tests.e2e.plain_mqtt import publish
from tests.e2e.running_platform import RunningPlatform

PASSWORD = "four horses run"
SPEED_M_PER_S = 0.8
ERASED_WITHIN_MS = 60_000


class Walker:
    """A treadmill of somebody else's make: it publishes a reading a second until it is stopped."""

    def __init__(self, mqtt_url: str) -> None:
        self._mqtt_url = mqtt_url
        self.direction = "forward"
        self._boot_id = time.time_ns() // 1_000_000
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._walk, name="walker")
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _walk(self) -> None:
        seq = 0
        while not self._ended.wait(0.5):
            seq += 1
            reading = {
                "seq": seq,
                "measured_at_ms": time.time_ns() // 1_000_000,
                "direction": self.direction,
                "speed_m_per_s": SPEED_M_PER_S,
                "heart_rate_bpm": 112,
            }
            payload = {"boot_id": self._boot_id, "readings": [reading]}
            topic = "backstride/v1/hall/window/readings"
            publish(self._mqtt_url, [(topic, json.dumps(payload).encode())])


@pytest.fixture
def gym(new_platform: NewPlatform) -> RunningPlatform:
    """Lend a platform in earnest, on which nobody is yet."""
    platform = new_platform()
    platform.start()
    return platform


@pytest.fixture
def walker(gym: RunningPlatform) -> Iterator[Walker]:
    walker = Walker(gym.facts()["mqtt_url"])
    yield walker
    walker.stop()


def set_up_code_of(platform: RunningPlatform) -> str:
    """Return the code that stands on the owner's terminal."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", platform.said())
    found = re.search(r"/set-up, code (\S+)", plain)
    assert found, plain
    return found[1]


def open_gym(owner: Holder, set_up_code: str) -> tuple[str, str]:
    """Set a gym up with one treadmill; return its join code and the treadmill's code."""
    page = owner.page
    page.goto("/")
    page.get_by_label("Set-up code").fill(set_up_code, timeout=WITHIN_MS)
    page.get_by_label("Name of the gym").fill("The Hall")
    page.get_by_label("Short id").fill("hall")
    page.get_by_label("Sign-in name").fill("owner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Id under which it publishes").fill("window", timeout=WITHIN_MS)
    page.get_by_label("Name on it").fill("By the window")
    page.get_by_role("button", name="Add treadmill").click()
    page.get_by_role("button", name="New code for all members").click()
    told = page.get_by_role("status").filter(has_text="Code of the gym")
    expect(told).to_be_visible(timeout=WITHIN_MS)
    treadmills = page.evaluate("fetch('/v1/gyms/hall/treadmills').then((answer) => answer.json())")
    return told.inner_text().rpartition(" ")[2], treadmills["treadmills"][0]["code"]


def join_and_start(phone: Holder, treadmill_code: str, join_code: str) -> None:
    """Scan the code on the treadmill, which leads through joining and back to it."""
    page = phone.page
    page.goto(f"/t/{treadmill_code}")
    page.get_by_role("link", name="Use a code").click(timeout=WITHIN_MS)
    join = page.locator("form").filter(has_text="Your name")
    join.get_by_label("Code").fill(join_code, timeout=WITHIN_MS)
    join.get_by_label("Your name").fill("Ada")
    join.get_by_label("Sign-in name").fill("ada")
    join.get_by_label("Password").fill(PASSWORD)
    join.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="By the window")).to_be_visible(timeout=WITHIN_MS)
    expect(page.get_by_role("heading", name="Before you go backward")).to_be_visible()
    page.get_by_text("Training", exact=True).click()
    page.get_by_role("button", name="Start").click()


def walk_backward(phone: Holder, walker: Walker) -> None:
    """See the belt turn and the backward seconds count, then finish."""
    page = phone.page
    expect(page.locator(".now-word")).to_have_text("Forward", timeout=WITHIN_MS)
    walker.direction = "reverse"
    expect(page.locator(".now-word")).to_have_text("Backward", timeout=WITHIN_MS)
    expect(page.locator(".now-speed")).to_have_text("−2.9")
    expect(page.locator(".now-band")).to_have_text(re.compile(r"\(\d+–\d+\)"))
    backward = page.locator(".now-times .backward dd")
    expect(backward).not_to_have_text("0:00", timeout=WITHIN_MS)
    expect(page.locator(".now-heart")).to_have_text("112")
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("button", name="Tap again to finish").click()


def understand_and_share(phone: Holder, folder: Path) -> None:
    """Read what the backward minutes cost, save the picture and the file, find it again."""
    page = phone.page
    expect(page.get_by_role("heading", name="Twice?")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator(".twice-sentence")).to_contain_text("× the same forward")
    expect(page.locator(".twice-sentence")).to_contain_text("not 2 ×")
    expect(page.locator(".charts canvas").first).to_be_visible(timeout=WITHIN_MS)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Share as a picture").click()
    saved.value.save_as(folder / "shared.png")
    assert (folder / "shared.png").read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as saved:
        page.get_by_role("link", name="FIT", exact=True).click()
    saved.value.save_as(folder / "session.fit")
    assert (folder / "session.fit").read_bytes()[8:12] == b".FIT"
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.locator(".sessions a")).to_have_count(1, timeout=WITHIN_MS)
    expect(page.locator(".sessions a")).to_contain_text("backward")
    expect(page.locator(".day .dot.backward")).to_have_count(1)


def take_everything_and_leave(phone: Holder, folder: Path) -> None:
    """Save everything as one file, then be erased and read the receipt."""
    page = phone.page
    page.get_by_role("link", name="More").click()
    page.get_by_role("link", name="My data").click()
    page.get_by_role("button", name="Make the file").click(timeout=WITHIN_MS)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the file").click(timeout=WITHIN_MS)
    saved.value.save_as(folder / "everything.zip")
    assert len(zipfile.ZipFile(folder / "everything.zip").namelist()) >= 3
    page.get_by_text("I want to be erased").click()
    page.get_by_label("Your password, once more").fill("six pigs swim")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.locator(".erase [role=alert]")).not_to_be_empty(timeout=WITHIN_MS)
    page.get_by_label("Your password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Erase everything").click()
    erased = page.get_by_role("heading", name="Erased", exact=True)
    expect(erased).to_be_visible(timeout=ERASED_WITHIN_MS)
    expect(page.get_by_text("at most 7 days")).to_be_visible()


def test_a_newcomer_joins_walks_backward_understands_and_leaves(
    browser: Browser, gym: RunningPlatform, walker: Walker, tmp_path: Path
) -> None:
    url = gym.facts()["gateway_url"]
    owner = Holder(browser, url, viewport="desktop")
    join_code, treadmill_code = open_gym(owner, set_up_code_of(gym))
    phone = Holder(browser, url, accept_downloads=True)
    join_and_start(phone, treadmill_code, join_code)
    walk_backward(phone, walker)
    understand_and_share(phone, tmp_path)
    assert phone.complaints == []
    take_everything_and_leave(phone, tmp_path)
    page = phone.page
    page.goto("/sign-in")
    page.get_by_label("Sign-in name").fill("ada", timeout=WITHIN_MS)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_contain_text("do not belong", timeout=WITHIN_MS)
    phone.close()
    owner.close()
