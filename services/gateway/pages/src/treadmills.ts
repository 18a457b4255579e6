// The first page: every treadmill, live.

import "./styles.css";
import type { MemberView, Treadmill } from "./api-types";
import * as api from "./api";
import { buildKillSection } from "./demo";
import { h } from "./dom";
import { buildFrame } from "./frame";
import { followLive } from "./live";
import { TreadmillCard } from "./treadmill-card";

const frame = buildFrame();
const grid = h("section", { class: "cards", "aria-label": "Treadmills" });
const empty = h(
  "p",
  { class: "empty", hidden: true },
  "No treadmill has been heard of yet. They appear here with their first reading.",
);
const people = h("nav", { class: "people", "aria-label": "Members", hidden: true });
frame.main.append(h("h1", {}, "Treadmills"), grid, empty, people, buildKillSection());

const cards = new Map<string, TreadmillCard>();
let members: MemberView[] = [];

function show(treadmill: Treadmill): void {
  const key = `${treadmill.gym_id}/${treadmill.treadmill_id}`;
  const known = cards.get(key);
  if (known) {
    known.show(treadmill);
    return;
  }
  const card = new TreadmillCard(treadmill, members);
  cards.set(key, card);
  const following = [...cards.keys()].sort();
  const next = following[following.indexOf(key) + 1];
  grid.insertBefore(card.element, next === undefined ? null : (cards.get(next)?.element ?? null));
  empty.hidden = true;
}

async function loadMembers(): Promise<void> {
  try {
    members = (await api.members()).members.sort((one, other) =>
      one.member_number.localeCompare(other.member_number),
    );
  } catch {
    setTimeout(() => void loadMembers(), 3_000);
    return;
  }
  for (const card of cards.values()) card.setMembers(members);
  people.hidden = members.length === 0;
  people.replaceChildren(
    h("h2", {}, "Members"),
    h(
      "ul",
      {},
      ...members.map((one) =>
        h("li", {}, h("a", { href: `/members/${encodeURIComponent(one.member_id)}` }, one.display_name)),
      ),
    ),
  );
}

void loadMembers();
followLive({
  picture(treadmills) {
    const present = new Set(treadmills.map((one) => `${one.gym_id}/${one.treadmill_id}`));
    for (const [key, card] of cards) {
      if (present.has(key)) continue;
      card.element.remove();
      cards.delete(key);
    }
    treadmills.forEach(show);
    empty.hidden = cards.size > 0;
  },
  treadmill: show,
  connection: frame.setConnection,
});
setInterval(() => {
  for (const card of cards.values()) card.tick();
}, 1_000);
