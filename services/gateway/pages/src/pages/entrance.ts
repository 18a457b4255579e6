// The ways in: /sign-in, /join (also a forgotten password) and /set-up, the owner's first start.

import * as api from "../api";
import { h } from "../dom";
import { zoneHere } from "../format";
import { type Field, form, input, tick } from "../panels";
import { go, type Visit } from "../router";
import { forgetWho } from "../who";

const NAME: Field = { name: "sign_in_name", label: "Sign-in name", autocomplete: "username", maxlength: "100" };
const PASSWORD: Field = { name: "password", label: "Password", type: "password", autocomplete: "current-password" };
const NEW_PASSWORD: Field = { ...PASSWORD, hint: "At least 10 characters", autocomplete: "new-password" };
const CODE: Field = { name: "code", label: "Code", autocomplete: "one-time-code" };
const ID = "[a-z0-9][a-z0-9\\-]{0,62}";

type Way = "session" | "join" | "set-up" | "password-reset";

function panel(
  title: string,
  intro: string,
  fields: HTMLElement[],
  action: string,
  way: Way,
  target: string,
): HTMLElement {
  return h(
    "section",
    { class: "panel way-in" },
    h("h1", {}, title),
    h("p", { class: "small" }, intro),
    form(fields, action, async (values) => {
      const zone = way === "join" ? { time_zone: zoneHere(), is_name_shown: "is_name_shown" in values } : {};
      await api.enter(way, { ...values, ...zone });
      forgetWho();
      go(target);
    }),
  );
}

/** Only an address of these pages: whoever sent the link cannot lead elsewhere. */
function nextOf(query: URLSearchParams): string {
  const next = query.get("next") ?? "/";
  return /^\/[a-z]/.test(next) ? next : "/";
}

export function show({ main, parameter, query }: Visit): void {
  const next = nextOf(query);
  const kept = next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
  const learn = h("p", { class: "small beside" }, h("a", { href: "/learn" }, "Does running backwards burn twice?"));
  if (parameter === "set-up") {
    main.replaceChildren(
      panel(
        "Your gym",
        "The set-up code stands in the gateway's log and on the terminal of backstride run. It makes you the administrator.",
        [
          input({ name: "set_up_code", label: "Set-up code" }),
          input({ name: "gym_name", label: "Name of the gym", maxlength: "200" }),
          input({ name: "gym_id", label: "Short id", hint: "As its treadmills publish: a-z, 0-9, hyphens", pattern: ID }),
          input(NAME),
          input(NEW_PASSWORD),
        ],
        "Begin",
        "set-up",
        "/gym",
      ),
    );
    return;
  }
  if (parameter === "join") {
    main.replaceChildren(
      panel(
        "Join",
        "With an invitation, or the code of your gym.",
        [
          input(CODE),
          input({ name: "display_name", label: "Your name", autocomplete: "name", maxlength: "200" }),
          tick("is_name_shown", "The staff of the gym may see my name", false, "Otherwise they see a number. You can change it at any time."),
          input(NAME),
          input(NEW_PASSWORD),
        ],
        "Join",
        "join",
        next,
      ),
      h("p", { class: "small beside" }, "Joined already? ", h("a", { href: `/sign-in${kept}` }, "Sign in")),
      panel("New password", "With a code from the staff of your gym.", [input(CODE), input(NEW_PASSWORD)], "Set password", "password-reset", next),
    );
    return;
  }
  main.replaceChildren(
    panel("Sign in", "With the name and password that you chose.", [input(NAME), input(PASSWORD)], "Sign in", "session", next),
    h(
      "p",
      { class: "small beside" },
      "No account yet, or the password forgotten? ",
      h("a", { href: `/join${kept}` }, "Use a code"),
    ),
    learn,
  );
}
