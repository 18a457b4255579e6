// What every page has: wordmark, banner of a demonstration, the line of counts.

import type { Status } from "./api-types";
import * as api from "./api";
import { h, setText } from "./dom";
import { count } from "./format";

const STATUS_INTERVAL_MS = 5_000;

export interface Frame {
  main: HTMLElement;
  setConnection(isOpen: boolean): void;
}

/** Returns what goes around a page; on one that is `isOpen` nobody has signed in yet, one that is `isLive` follows /v1/live. */
export function buildFrame({ isOpen = false, isLive = true } = {}): Frame {
  const banner = h(
    "aside",
    { class: "banner", "aria-label": "Demonstration", hidden: true },
    "Demo: members and treadmills are simulated.",
  );
  const connection = h("span", { class: "connection", "data-state": "waiting" }, "connecting");
  const counts = h("p", { class: "counts", hidden: true });
  const who = h("nav", { class: "account", "aria-label": "Account", hidden: true });
  const main = h("main", { id: "main" });
  const page = document.getElementById("page");
  page?.replaceChildren(
    h("a", { class: "skip", href: "#main" }, "Skip to content"),
    banner,
    h(
      "header",
      { class: "top" },
      h("a", { class: "wordmark", href: "/" }, h("span", { "aria-hidden": "true" }, "‹›"), "Backstride"),
      isLive && !isOpen && connection,
      who,
    ),
    main,
    h(
      "footer",
      {},
      counts,
      h(
        "p",
        {},
        "Energy is an estimate. A band such as (75–115) holds the truth for about two in three people.",
      ),
    ),
  );

  const showStatus = (status: Status): void => {
    banner.hidden = !status.is_demo;
    counts.hidden = status.readings === null;
    if (status.readings === null) return;
    const { sent, stored, lost, doubled } = status.readings;
    counts.classList.toggle("is-wrong", lost + doubled > 0);
    setText(
      counts,
      `${count(sent)} sent · ${count(stored)} stored · ${count(lost)} lost · ${count(doubled)} doubled`,
    );
  };
  const refresh = async (): Promise<void> => {
    try {
      showStatus(await api.status());
    } catch {
      // the connection mark tells already that the gateway is away
    } finally {
      setTimeout(refresh, STATUS_INTERVAL_MS);
    }
  };
  if (!isOpen) void refresh();
  if (!isOpen && api.isSignedIn()) void showAccount(who);

  return {
    main,
    setConnection(isOpen: boolean): void {
      connection.dataset.state = isOpen ? "live" : "lost";
      setText(connection, isOpen ? "live" : "reconnecting…");
    },
  };
}

async function showAccount(who: HTMLElement): Promise<void> {
  const { role, member_id } = await api.account();
  const leave = h("button", { type: "button", class: "quiet" }, "Sign out");
  leave.addEventListener("click", () => void api.signOut().then(() => location.assign("/sign-in")));
  who.replaceChildren(
    ...(role === "member" ? [] : [h("a", { href: "/gym" }, "Gym")]),
    ...(member_id === null ? [] : [h("a", { href: `/members/${encodeURIComponent(member_id)}` }, "My sessions")]),
    leave,
  );
  who.hidden = false;
}
