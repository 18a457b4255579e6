// Sessions as a list: when, how much, and how much of it backward, by bar and by words.

import type { Session } from "./api-types";
import { gaitIcon } from "./direction";
import { h } from "./dom";
import { dayAndTime, minutes } from "./format";

export function sessionLink(session: Session, timeZone: string): HTMLElement {
  const total_s = session.forward.duration_s + session.backward.duration_s;
  const share = total_s > 0 ? session.backward.duration_s / total_s : 0;
  const bar = h("span", { class: "share", "aria-hidden": "true" }, h("span"));
  (bar.firstElementChild as HTMLElement).style.setProperty("width", `${Math.round(share * 100)}%`);
  return h(
    "li",
    {},
    h(
      "a",
      { href: `/sessions/${encodeURIComponent(session.session_id)}` },
      h(
        "span",
        { class: "when" },
        dayAndTime(session.started_at, timeZone),
        session.is_running && h("em", {}, "running"),
      ),
      h("span", { class: "kcal" }, session.energy.display),
      h(
        "span",
        { class: "split" },
        gaitIcon("forward"),
        `${minutes(session.forward.duration_s)} forward `,
        session.backward.duration_s > 0 && gaitIcon("backward"),
        session.backward.duration_s > 0 && `${minutes(session.backward.duration_s)} backward`,
        session.purpose && ` · ${session.purpose}`,
      ),
      bar,
    ),
  );
}
