// What the staff do for a member who stands at the desk: a card for the consoles, a new password.

import type { CardView, GymView, MemberView } from "./api-types";
import * as api from "./api";
import { button, fill, h, setText } from "./dom";
import { form, input } from "./panels";

export function deskPanel(gym: GymView): HTMLElement {
  const member = h("div", { "aria-live": "polite" });
  const code = h("p", { class: "code", role: "status" });
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, `At the desk of ${gym.name}`),
    h("h3", {}, "Cards for consoles"),
    form(
      [input({ name: "member_number", label: "Number of the member", hint: "It stands in their account", maxlength: "32" })],
      "Show cards",
      async ({ member_number = "" }) => {
        fill(member);
        const found = await api.memberByNumber(gym.gym_id, member_number.trim());
        await drawCards(member, found);
      },
    ),
    member,
    h("h3", {}, "Forgotten password"),
    form(
      [input({ name: "sign_in_name", label: "Sign-in name of the member" })],
      "Make a code",
      async ({ sign_in_name = "" }, element) => {
        setText(code, "");
        const made = await api.resetCode(gym.gym_id, sign_in_name);
        element.reset();
        setText(code, `New password at /join, once, until ${new Date(made.expires_at).toLocaleString()}: ${made.code}`);
      },
    ),
    code,
  );
}

async function drawCards(place: HTMLElement, member: MemberView): Promise<void> {
  const { cards } = await api.cards(member.member_id);
  const again = (): Promise<void> => drawCards(place, member);
  fill(
    place,
    h("p", {}, h("bdi", {}, member.display_name), h("span", { class: "small" }, ` number ${member.member_number}`)),
    h(
      "ul",
      { class: "registry", "aria-label": "Cards" },
      ...cards.map((card) => cardRow(member, card, again)),
      cards.length === 0 && h("li", { class: "small" }, "No card."),
    ),
    form(
      [
        input({ name: "card", label: "Card", hint: "Hold it to the reader, or type what stands on it: 04:A2:2B:9C", pattern: "[0-9A-Fa-f][0-9A-Fa-f :.\\-]{6,62}[0-9A-Fa-f]" }),
        input({ name: "name", label: "Called", value: "Card", maxlength: "100" }),
      ],
      "Give this card",
      async ({ card = "", name = "" }) => {
        await api.addCard(member.member_id, { card: card.trim(), name });
        await again();
      },
    ),
  );
}

function cardRow(member: MemberView, card: CardView, changed: () => Promise<void>): HTMLElement {
  const since = new Date(card.added_at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return h(
    "li",
    { class: "registered" },
    h("span", {}, h("bdi", {}, card.name), h("span", { class: "small" }, ` since ${since}`)),
    button("Take it away", async () => (await api.removeCard(member.member_id, card.card_id), changed()), {
      class: "quiet",
      "aria-label": `Take away ${card.name}`,
    }),
  );
}
