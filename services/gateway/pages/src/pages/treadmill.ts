// One treadmill, come to by its code: who, for what, how carefully; then one tap.

import type { ClaimBody, MemberDetail, TakeOverOffer, Treadmill } from "../api-types";
import * as api from "../api";
import { button, fill, h, setText } from "../dom";
import { clock, distance, timeOfDay } from "../format";
import { learnNames, nameOf } from "../names";
import { inWords } from "../panels";
import { precautionsPanel } from "../precautions";
import { go, type Visit } from "../router";

type Purpose = NonNullable<ClaimBody["purpose"]>;

const PURPOSES: [Purpose | "", string][] = [
  ["", "Just so"],
  ["warm-up", "Warm-up"],
  ["training", "Training"],
  ["agility", "Agility"],
  ["rehabilitation", "Rehabilitation"],
];

interface Place {
  gym_id: string;
  treadmill_id: string;
  name: string;
  gym_name: string;
  /** What somebody did here just now without saying who they are. */
  take_over: TakeOverOffer | null;
}

async function placeOf(parameter: string): Promise<Place> {
  if (parameter) {
    const found = await api.treadmillByCode(parameter);
    const { gym_id, treadmill_id, treadmill_name: name, gym_name, take_over } = found;
    return { gym_id, treadmill_id, name, gym_name, take_over };
  }
  const [, , gym_id = "", treadmill_id = ""] = location.pathname.split("/").map(decodeURIComponent);
  await learnNames(gym_id);
  return { gym_id, treadmill_id, name: nameOf({ gym_id, treadmill_id }), gym_name: gym_id, take_over: null };
}

export async function show({ main, memberId, parameter, signal }: Visit): Promise<void> {
  const [place, member, { treadmills }] = await Promise.all([placeOf(parameter), api.member(memberId), api.treadmills()]);
  const precautions = await precautionsPanel(member);
  if (signal.aborted) return;
  const live = treadmills.find((one) => one.gym_id === place.gym_id && one.treadmill_id === place.treadmill_id);
  const message = h("p", { class: "message", role: "alert" });
  const purposes = h(
    "fieldset",
    { class: "purposes" },
    h("legend", {}, "What for?"),
    ...PURPOSES.map(([value, text]) =>
      h("label", {}, h("input", { type: "radio", name: "purpose", value, checked: value === "" }), h("span", {}, text)),
    ),
  );
  const begin = button(
    "Start",
    async () => {
      setText(message, "");
      const purpose = main.querySelector<HTMLInputElement>("[name=purpose]:checked")?.value as Purpose | "";
      try {
        await precautions.accept();
        await api.claim(place.gym_id, place.treadmill_id, { member_id: memberId, purpose: purpose || null });
        go("/now");
      } catch (error) {
        setText(message, inWords(error));
      }
    },
    { class: "big" },
  );
  fill(
    main,
    h(
      "div",
      { class: "heading" },
      h("h1", { dir: "auto" }, place.name),
      h("p", { class: "body" }, `${place.gym_name} · ${inUse(live, member)}`),
      h("p", { class: "body" }, "You: ", h("bdi", {}, member.display_name), bodyOf(member)),
    ),
    place.take_over && takeOverPanel(place, place.take_over, parameter, member),
    precautions.element,
    purposes,
    h("div", { class: "actions" }, message, begin),
  );
}

function inUse(live: Treadmill | undefined, member: MemberDetail): string {
  if (!live?.claim) return "free";
  return live.claim.member_id === member.member_id ? "yours already" : "taken: starting here ends the other's session";
}

function bodyOf(member: MemberDetail): Node | string {
  if (member.mass_kg) return "";
  return h(
    "span",
    {},
    ". Your body mass is not known, so 75 kg are assumed: ",
    h("a", { href: "/profile" }, "tell it"),
    " for a better estimate.",
  );
}

function takeOverPanel(place: Place, offer: TakeOverOffer, code: string, member: MemberDetail): HTMLElement {
  const message = h("p", { class: "message", role: "alert" });
  const zone = member.time_zone ?? "UTC";
  const began = timeOfDay(Date.parse(offer.started_at), zone).slice(0, 5);
  const until = timeOfDay(Date.parse(offer.expires_at), zone).slice(0, 5);
  return h(
    "section",
    { class: "panel", "aria-labelledby": "take-over" },
    h("h2", { id: "take-over" }, offer.is_running ? "Is that you on it now?" : "Was that you just now?"),
    h("p", {}, `Since ${began} somebody who did not sign in did ${clock(offer.duration_s)} and ${distance(offer.distance_m)} here.`),
    h("p", { class: "small" }, `It can be yours until ${until}; it is then computed again with your body.`),
    button("It was me", async () => {
      setText(message, "");
      try {
        await api.takeOver(place.gym_id, place.treadmill_id, { code, member_id: member.member_id });
        go(offer.is_running ? "/now" : "/history");
      } catch (error) {
        setText(message, inWords(error));
      }
    }),
    message,
  );
}
