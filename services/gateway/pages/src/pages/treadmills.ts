// Every treadmill of the gym, live.

import type { MemberView, Treadmill } from "../api-types";
import * as api from "../api";
import { buildKillSection } from "../demo";
import { h, setHidden } from "../dom";
import { followLive } from "../live";
import { learnNames } from "../names";
import type { Visit } from "../router";
import { setConnection } from "../shell";
import { TreadmillCard } from "../treadmill-card";

const RETRY_MS = 3_000;
const TICK_MS = 1_000;

export async function show({ main, signal, who }: Visit): Promise<void> {
  const grid = h("section", { class: "cards", "aria-label": "Treadmills" });
  const empty = h(
    "p",
    { class: "empty", hidden: true },
    "No treadmill has been heard of yet. They appear here with their first reading.",
  );
  const people = h("nav", { class: "people", "aria-label": "Members", hidden: true });
  const cards = new Map<string, TreadmillCard>();
  let members: MemberView[] = [];

  const showOne = (treadmill: Treadmill): void => {
    const key = `${treadmill.gym_id}/${treadmill.treadmill_id}`;
    const known = cards.get(key);
    if (known) return known.show(treadmill);
    const card = new TreadmillCard(treadmill, members);
    cards.set(key, card);
    const following = [...cards.keys()].sort();
    const next = following[following.indexOf(key) + 1];
    grid.insertBefore(card.element, next === undefined ? null : (cards.get(next)?.element ?? null));
    setHidden(empty, true);
  };

  const loadMembers = async (): Promise<void> => {
    try {
      const found = (await api.members()).members;
      members = found.sort((one, other) => one.member_number.localeCompare(other.member_number));
    } catch {
      if (!signal.aborted) setTimeout(() => void loadMembers(), RETRY_MS);
      return;
    }
    for (const card of cards.values()) card.setMembers(members);
    setHidden(people, members.length === 0 || !who.isStaff);
    people.replaceChildren(
      h("h2", {}, "Members"),
      h(
        "ul",
        {},
        ...members.map((one) =>
          h("li", {}, h("a", { href: `/members/${encodeURIComponent(one.member_id)}`, dir: "auto" }, one.display_name)),
        ),
      ),
    );
  };

  const picture = (treadmills: Treadmill[]): void => {
    const present = new Set(treadmills.map((one) => `${one.gym_id}/${one.treadmill_id}`));
    for (const [key, card] of cards) {
      if (present.has(key)) continue;
      card.element.remove();
      cards.delete(key);
    }
    treadmills.forEach(showOne);
    setHidden(empty, cards.size > 0);
  };

  const loadTreadmills = async (): Promise<Treadmill[]> => {
    const { treadmills } = await api.treadmills();
    await Promise.all([...new Set(treadmills.map((one) => one.gym_id))].map(learnNames));
    return treadmills;
  };

  // all of it at once: cards that came later would push what stands below
  const [treadmills] = await Promise.all([loadTreadmills(), loadMembers()]);
  if (signal.aborted) return;
  picture(treadmills);
  main.replaceChildren(h("h1", {}, "Treadmills"), grid, empty, people, ...(who.isDemo ? [buildKillSection()] : []));
  followLive(
    {
      picture,
      treadmill: showOne,
      connection: setConnection,
    },
    signal,
  );
  const ticking = setInterval(() => {
    for (const card of cards.values()) card.tick();
  }, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
}
