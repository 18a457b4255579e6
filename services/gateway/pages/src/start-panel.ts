// Nothing runs for me: which treadmill shall it be? In reach of the thumb, one tap to begin.

import type { MemberDetail, Treadmill } from "./api-types";
import { h, setText } from "./dom";
import { ago } from "./format";
import { nameOf } from "./names";

export interface StartPanel {
  element: HTMLElement;
  show(treadmills: Treadmill[]): void;
  update(treadmill: Treadmill): void;
}

export function startPanel(member: MemberDetail): StartPanel {
  const list = h("ul", { class: "choices" });
  const empty = h("p", { class: "empty" }, "No treadmill has been heard of yet. They appear here with their first reading.");
  const element = h(
    "section",
    { class: "start", "aria-labelledby": "start-title", hidden: true },
    h("p", { class: "hello", dir: "auto" }, `Hello ${member.display_name}`),
    h("h2", { id: "start-title" }, "Choose your treadmill"),
    h("p", { class: "small" }, "Or scan the code that stands on it."),
    list,
    empty,
  );
  const known = new Map<string, Treadmill>();

  const draw = (): void => {
    empty.hidden = known.size > 0;
    const sorted = [...known.entries()].sort(([one], [other]) => one.localeCompare(other));
    // drawn once for each treadmill, so that a tap never meets something else
    const items = [...list.children] as HTMLElement[];
    if (items.length !== sorted.length || items.some((item, index) => item.dataset.key !== sorted[index]?.[0]))
      list.replaceChildren(...sorted.map(([key]) => choiceOf(key)));
    sorted.forEach(([, one], index) => {
      const state = list.children[index]?.querySelector(".state");
      if (state) setText(state, stateOf(one));
    });
  };
  return {
    element,
    show(treadmills) {
      known.clear();
      for (const one of treadmills) known.set(`${one.gym_id}/${one.treadmill_id}`, one);
      draw();
    },
    update(one) {
      known.set(`${one.gym_id}/${one.treadmill_id}`, one);
      draw();
    },
  };
}

function choiceOf(key: string): HTMLElement {
  const [gym_id = "", treadmill_id = ""] = key.split("/");
  const address = `/treadmills/${encodeURIComponent(gym_id)}/${encodeURIComponent(treadmill_id)}`;
  return h(
    "li",
    { "data-key": key },
    h("a", { href: address }, h("span", {}, h("strong", { dir: "auto" }, nameOf({ gym_id, treadmill_id })), " ", h("span", { class: "small" }, gym_id)), h("span", { class: "state" })),
  );
}

function stateOf(one: Treadmill): string {
  if (one.claim) return one.claim.display_name ? `taken by ${one.claim.display_name}` : "taken";
  if (one.status === "silent") return one.last_reading_age_s === null ? "free" : `free · last heard ${ago(one.last_reading_age_s)}`;
  return one.status === "moving" ? "running, nobody signed in" : "free";
}
