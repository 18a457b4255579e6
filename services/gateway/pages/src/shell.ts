// What stands around every page: wordmark, connection, tabs within the thumb's reach, the footer.

import * as api from "./api";
import type { Status } from "./api-types";
import { fill, h, icon, setHidden, setText } from "./dom";
import { count } from "./format";
import type { Who } from "./who";

const STATUS_INTERVAL_MS = 5_000;

const TABS = {
  now: { href: "/now", text: "Now", icon: ["M3 12h4l3-7 4 14 3-7h4"] },
  history: { href: "/history", text: "History", icon: ["M4 6h16v14H4z", "M4 10h16M8 3v4M16 3v4"] },
  summary: { href: "/summary", text: "Summary", icon: ["M5 20V10M12 20V4M19 20v-7"] },
  learn: { href: "/learn", text: "Learn", icon: ["M4 5c3-1.500 6-1 8 1 2-2 5-2.500 8-1v14c-3-1.500-6-1-8 1-2-2-5-2.500-8-1z", "M12 6v14"] },
  treadmills: { href: "/", text: "Treadmills", icon: ["M3 19h18M5 19l3-13h4M8 12h5"] },
  floor: { href: "/floor", text: "Floor", icon: ["M3 4h8v7H3zM13 4h8v7h-8zM3 13h8v7H3zM13 13h8v7h-8z"] },
  gym: { href: "/gym", text: "Gym", icon: ["M4 20V9l8-5 8 5v11zM10 20v-6h4v6"] },
  more: { href: "/more", text: "More", icon: ["M5 12h.01M12 12h.01M19 12h.01"] },
} as const;

type Tab = keyof typeof TABS;

function tabsOf(who: Who): Tab[] {
  if (who.isDemo) return ["treadmills", "now", "history", "summary", "more"];
  if (!who.account) return [];
  if (!who.isStaff) return ["now", "history", "summary", "learn", "more"];
  return who.memberId ? ["treadmills", "now", "history", "gym", "more"] : ["treadmills", "floor", "gym", "learn", "more"];
}

const connection = h("span", { class: "connection", "data-state": "waiting", hidden: true }, "connecting");
const counts = h("p", { class: "counts" });
const banner = h(
  "aside",
  { class: "banner", "aria-label": "Demonstration", hidden: true },
  "Demo: members and treadmills are simulated.",
);
const offline = h(
  "p",
  { class: "offline", role: "status", hidden: true },
  "This device is offline. Numbers that you see may be old.",
);
const footer = h(
  "p",
  {},
  "Energy is an estimate. A band such as (75–115) holds the truth for about two in three people.",
);
let shownFor = "";
let isAsking = false;

/** Shows whether a live page hears the gateway; null: this page follows nothing. */
export function setConnection(isOpen: boolean | null): void {
  setHidden(connection, isOpen === null);
  if (isOpen === null) return;
  connection.dataset.state = isOpen ? "live" : "lost";
  setText(connection, isOpen ? "live" : "reconnecting…");
}

export function showShell(who: Who, path: string): void {
  const tabs = tabsOf(who);
  const state = `${tabs.join()} ${who.isDemo}`;
  const nav = document.getElementById("tabs") as HTMLElement;
  if (state !== shownFor) {
    shownFor = state;
    fill(
      document.getElementById("top-right") as HTMLElement,
      connection,
      who.isDemo && h("span", { class: "chip" }, "demo"),
      tabs.length === 0 && h("a", { href: who.isSetUp ? "/sign-in" : "/set-up", class: "sign-in-link" }, "Sign in"),
    );
    fill(document.getElementById("footer") as HTMLElement, banner, counts, footer);
    setHidden(banner, !who.isDemo);
    nav.replaceChildren(
      ...tabs.map((tab) => {
        const { href, text, icon: paths } = TABS[tab];
        return h("a", { href }, icon(...paths), h("span", {}, text));
      }),
    );
    document.body.classList.toggle("has-tabs", tabs.length > 0);
  }
  for (const link of nav.querySelectorAll("a")) {
    const isHere = link.getAttribute("href") === path;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (tabs.length > 0 && who.isStaff && !isAsking) void followStatus();
}

function showStatus(status: Status): void {
  if (status.readings === null) return setText(counts, "");
  const { sent, stored, lost, doubled } = status.readings;
  counts.classList.toggle("is-wrong", lost + doubled > 0);
  setText(counts, `${count(sent)} sent · ${count(stored)} stored · ${count(lost)} lost · ${count(doubled)} doubled`);
}

async function followStatus(): Promise<void> {
  isAsking = true;
  try {
    if (!document.hidden) showStatus(await api.status());
  } catch {
    // the connection mark tells already that the gateway is away
  } finally {
    // a demonstration's counts go on; elsewhere once is enough to learn that there are none
    if (counts.textContent) setTimeout(followStatus, STATUS_INTERVAL_MS);
    else isAsking = false;
  }
}

export function followNetwork(): void {
  document.getElementById("main")?.before(offline);
  const show = (): void => setHidden(offline, navigator.onLine);
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}
