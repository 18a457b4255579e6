"""A browser as a person holds it: what it asked for, what it complained of, and what moved."""

from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

WITHIN_MS: Final = 20_000
VIEWPORTS: Final[dict[str, ViewportSize]] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}
_SIZES: Final[dict[str, ViewportSize]] = VIEWPORTS | {"small phone": {"width": 360, "height": 780}}
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, Scheme]] = ("light", "dark")
AXE: Final = Path(__file__).parents[1] / "services/gateway/pages/node_modules/axe-core/axe.min.js"
_AXE_RUN: Final = """axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""
# what moved without anybody having touched the page, as browsers count it
_WATCH_SHIFTS: Final = """
window.__shifts = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        const nodes = entry.sources.map((source) => source.node).filter(Boolean);
        const names = nodes.map((node) => node.className || node.nodeName);
        window.__shifts.push([entry.value, String(names)]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""
# a live stream that a test feeds: what a real one sends cannot be chosen, and a day is long
FAKE_STREAM: Final = """
window.EventSource = class extends EventTarget {
    static OPEN = 1; static CLOSED = 2;
    readyState = 1;
    constructor() {
        super();
        window.__stream = this;
        setTimeout(() => this.dispatchEvent(new Event("open")));
    }
    close() { this.readyState = 2; }
};
"""
MOST_SHIFT: Final = 0.01


class Holder:
    """One browser context and its page; `close` proves that no request left the machine."""

    def __init__(
        self,
        browser: Browser,
        base_url: str,
        *,
        viewport: str = "phone",
        scheme: Scheme = "light",
        **options: Any,  # noqa: ANN401  of playwright's
    ) -> None:
        self.base_url = base_url
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=base_url, viewport=_SIZES[viewport], color_scheme=scheme, **options
        )
        self.context.add_init_script(_WATCH_SHIFTS)
        self.page: Page = self.context.new_page()
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda told: (
                self.complaints.append(f"{told.text} {told.location}")
                if told.type in {"error", "warning"}
                else None
            ),
        )

    def be_demo_member(self, member_id: str) -> None:
        self.context.add_init_script(
            f"localStorage.setItem('backstride_demo_member', {member_id!r})"
        )

    def open(self, path: str) -> Page:
        self.page.goto(path)
        expect(self.page.locator("main h1").first).to_be_attached(timeout=WITHIN_MS)
        expect(self.page.locator("main .loading")).to_have_count(0, timeout=WITHIN_MS)
        return self.page

    def violations(self) -> list[Any]:
        """Return what axe finds on the page as it is."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(_AXE_RUN)["violations"]
        return [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]

    def shifts(self) -> list[Any]:
        found: list[Any] = self.page.evaluate("window.__shifts")
        return found if sum(value for value, _ in found) > MOST_SHIFT else []

    def scrolls_sideways(self) -> bool:
        wide, shown = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        return bool(wide > shown)

    def close(self) -> None:
        self.context.close()
        own = urlsplit(self.base_url).netloc
        # pictures that the page made itself have no host
        foreign = [url for url in self.asked if urlsplit(url).netloc not in {own, ""}]
        foreign = [url for url in foreign if not url.startswith((f"blob:{self.base_url}", "data:"))]
        assert foreign == []
