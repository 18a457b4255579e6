// What to heed, fitting this person; shown before each start, and agreed to by starting.

import * as api from "./api";
import { h } from "./dom";
import { dayAndTime, speed } from "./format";
import type { MemberDetail } from "./api-types";

export interface PrecautionsPanel {
  element: HTMLElement;
  /** Notes that they were read, where this version was not yet. */
  accept(): Promise<void>;
}

export async function precautionsPanel(member: MemberDetail): Promise<PrecautionsPanel> {
  const found = await api.precautions(member.member_id);
  const latest = found.accepted[0];
  const list = h("ul", {}, ...found.precautions.map((one) => h("li", {}, one.sentence)));
  const element = h(
    "section",
    { class: "panel practice", "aria-labelledby": "precautions" },
    h("h2", { id: "precautions" }, "Before you go backward"),
    h(
      "p",
      { class: "limit" },
      "Up to ",
      h("strong", {}, speed(member.practice.advised_max_speed_m_per_s)),
      ` with your practice (${Math.round(member.practice.lifetime_backward_minutes)} min)`,
    ),
    // who has read them keeps the start button in reach
    found.is_due ? list : h("details", {}, h("summary", {}, "Precautions for you"), list),
    found.programme.length > 0 &&
      h("details", {}, h("summary", {}, "A slow start, week by week"), h("ol", {}, ...found.programme.map((week) => h("li", {}, week)))),
    h(
      "p",
      { class: "small" },
      found.is_due || !latest
        ? "By starting you say that you have read this."
        : `Read ${dayAndTime(latest.accepted_at, member.time_zone ?? "UTC")}.`,
    ),
  );
  return {
    element,
    accept: async () => {
      if (found.is_due) await api.acceptPrecautions(member.member_id, found.version);
    },
  };
}
