// The staff's page: treadmills that were added and whether they were heard, codes to give out.

import type { GymView, RegisteredTreadmillView } from "../api-types";
import * as api from "../api";
import { deskPanel } from "../desk-panel";
import { h, setText } from "../dom";
import { forgetNames } from "../names";
import { inWords } from "../panels";
import type { Visit } from "../router";

const REFRESH_MS = 3_000;
const message = h("p", { class: "message", role: "alert", hidden: true });

function told(error: unknown): void {
  setText(message, inWords(error));
  message.hidden = false;
}

function attempt(action: () => Promise<void>): void {
  message.hidden = true;
  action().catch(told);
}

function treadmillRow(gym: GymView, one: RegisteredTreadmillView, refresh: () => void): HTMLElement {
  const isHeard = one.last_reading_at !== null;
  const remove = h("button", { type: "button", class: "quiet", "aria-label": `Remove ${one.name}` }, "Remove");
  remove.addEventListener("click", () =>
    attempt(async () => {
      await api.unregister(gym.gym_id, one.treadmill_id);
      forgetNames(gym.gym_id);
      refresh();
    }),
  );
  return h(
    "li",
    { class: "registered", "data-heard": String(isHeard) },
    h("span", {}, `${one.name} `, h("span", { class: "small" }, `${gym.gym_id}/${one.treadmill_id}`)),
    h("span", { class: "heard" }, isHeard ? "heard" : "waiting for its first reading"),
    remove,
  );
}

function gymPanel(gym: GymView, signal: AbortSignal): HTMLElement {
  const list = h("ul", { class: "registry", "aria-label": "Treadmills" });
  const code = h("p", { class: "code", role: "status" });
  let shown = "";
  const refresh = async (): Promise<void> => {
    const { treadmills } = await api.registered(gym.gym_id);
    const state = JSON.stringify(treadmills.map((one) => [one.treadmill_id, one.name, one.last_reading_at !== null]));
    if (state === shown) return;
    shown = state;
    list.replaceChildren(...treadmills.map((one) => treadmillRow(gym, one, () => attempt(refresh))));
  };
  const refreshing = setInterval(() => void refresh().catch(() => undefined), REFRESH_MS);
  signal.addEventListener("abort", () => clearInterval(refreshing));
  attempt(refresh);

  const id = h("input", { name: "treadmill_id", required: true, pattern: "[a-z0-9][a-z0-9\\-]{0,62}", autocapitalize: "none" });
  const name = h("input", { name: "name", required: true });
  const add = h(
    "form",
    { class: "entrance" },
    h("label", {}, "Id under which it publishes", id),
    h("label", {}, "Name on it", name),
    h("button", { type: "submit" }, "Add treadmill"),
  );
  add.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await api.register(gym.gym_id, { treadmill_id: id.value, name: name.value });
      forgetNames(gym.gym_id);
      add.reset();
      await refresh();
    });
  });
  const invite = h("button", { type: "button" }, "Invite one member");
  invite.addEventListener("click", () =>
    attempt(async () => {
      const made = await api.invite(gym.gym_id);
      setText(code, `Invitation, once, until ${new Date(made.expires_at).toLocaleString()}: ${made.code}`);
    }),
  );
  const renew = h("button", { type: "button", class: "quiet" }, "New code for all members");
  renew.addEventListener("click", () =>
    attempt(async () => setText(code, `Code of the gym, for everybody: ${(await api.renewJoinCode(gym.gym_id)).code}`)),
  );
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, gym.name),
    h("p", {}, h("a", { href: `/gym/sheet?gym_id=${encodeURIComponent(gym.gym_id)}` }, "Sheet of codes to print and put on the treadmills")),
    list,
    add,
    h("p", { class: "small" }, "Members join at /join with a code, which is shown only once."),
    h("p", { class: "codes" }, invite, renew),
    code,
  );
}

export async function show({ main, signal, who }: Visit): Promise<void> {
  const { gyms } = await api.gyms();
  message.hidden = true;
  main.replaceChildren(
    h("h1", {}, "Gym"),
    message,
    ...gyms.flatMap((gym) => [gymPanel(gym, signal), deskPanel(gym)]),
    ...(who.isDemo ? [h("p", { class: "empty" }, "In a demonstration no gym is registered: whatever publishes is shown.")] : []),
  );
}
