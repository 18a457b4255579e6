// What to heed, fitting this person; shown before each start, and agreed to by starting.

import type { MemberDetail } from "./api-types";
import { h } from "./dom";
import { speed } from "./format";

export interface Precautions {
  element: HTMLElement;
  accept(): Promise<void>;
}

export async function precautionsPanel(member: MemberDetail): Promise<Precautions> {
  const { practice } = member;
  const element = h(
    "section",
    { class: "panel practice", "aria-labelledby": "precautions" },
    h("h2", { id: "precautions" }, "Before you go backward"),
    h("p", { class: "limit" }, "Up to ", h("strong", {}, speed(practice.advised_max_speed_m_per_s)), " with your practice"),
    h("p", {}, practice.sentence),
    h(
      "ul",
      {},
      h("li", {}, "Level deck, rail in reach, safety clip on."),
      h("li", {}, "Step off only when the belt stands."),
      h("li", {}, "Run backward only in a harness."),
    ),
    h("p", { class: "small" }, "Advice only: nothing here moves a belt."),
  );
  return { element, accept: async () => undefined };
}
