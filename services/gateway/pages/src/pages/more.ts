// What is not needed at arm's length: profile, data, units, the way out.

import * as api from "../api";
import { button, fill, h } from "../dom";
import { currentUnits, setUnits, type Units } from "../preferences";
import { go, type Visit } from "../router";
import { chooseDemoMember } from "../who";

function unitsChoice(): HTMLElement {
  const options: [Units, string][] = [
    ["metric", "km/h · kg"],
    ["imperial", "mph · lb"],
  ];
  const element = h(
    "fieldset",
    { class: "purposes" },
    h("legend", {}, "Units"),
    ...options.map(([value, text]) =>
      h("label", {}, h("input", { type: "radio", name: "units", value, checked: value === currentUnits() }), h("span", {}, text)),
    ),
  );
  element.addEventListener("change", (event) => setUnits((event.target as HTMLInputElement).value as Units));
  return element;
}

/** Leads out; loaded anew, so that nothing of a person stays in this page's memory either. */
export function leave(): void {
  location.assign("/sign-in");
}

export function show({ main, who }: Visit): void {
  const trains = who.memberId !== null || who.isDemo;
  const links: [string, string, string, boolean][] = [
    ["/profile", "Profile", "Body, heart, consents, console PIN", trains],
    ["/my-data", "My data", "Take everything away, or erase it", trains],
    ["/account", "Account", "Password, access tokens, devices", who.account !== null],
    ["/learn", "Does running backwards burn twice?", "The answer, and how sure we are", true],
    ["/treadmills", "Treadmills", "All of the gym, live", who.account !== null || who.isDemo],
    ["/floor", "Floor", "The wall screen, with alerts", who.isStaff],
    ["/gym", "Gym", "Treadmills, codes, invitations", who.isStaff && !who.isDemo],
  ];
  fill(
    main,
    h("h1", {}, "More"),
    who.account && h("p", { class: "body" }, "Signed in as ", h("bdi", {}, who.account.sign_in_name), ` · ${who.account.role}`),
    h(
      "ul",
      { class: "choices" },
      ...links
        .filter(([, , , isShown]) => isShown)
        .map(([href, text, hint]) => h("li", {}, h("a", { href }, h("span", {}, h("strong", {}, text), h("span", { class: "small" }, hint))))),
    ),
    unitsChoice(),
    ...(who.account ? [button("Sign out", async () => (await api.signOut(), leave()), { class: "quiet wide-button" })] : []),
    ...(who.isDemo && who.memberId
      ? [button("Be another member", () => (chooseDemoMember(""), go("/now")), { class: "quiet wide-button" })]
      : []),
  );
}
