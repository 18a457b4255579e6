"""A real Chromium, driven by playwright; the browser is the machine's own."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers.finding import given_address, unavailable

_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # the sandbox cannot start for root, which CI is
    "--disable-gpu",
    # The browser itself stays silent, so that a request seen is one that our page made.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program_of_browser() -> str | None:
    """Return the machine's own Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


# Per module, since a start takes seconds, and no longer: while the synchronous playwright is open,
# no asyncio test can run in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Lend a browser; each test opens contexts of its own, which know nothing of each other."""
    address = given_address("chromium")
    program = program_of_browser()
    if address is None and program is None:
        unavailable("chromium", f"none of {', '.join(_NAMES)} is on PATH")
    with sync_playwright() as playwright:
        if address is not None:
            opened = playwright.chromium.connect_over_cdp(address)
        else:
            opened = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()
