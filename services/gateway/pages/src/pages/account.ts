// The account: password, tokens for programs, signing out everywhere.

import type { TokenView } from "../api-types";
import * as api from "../api";
import { button, fill, h } from "../dom";
import { form, input, tick, whosePassword } from "../panels";
import type { Visit } from "../router";
import { leave } from "./more";

export async function show({ main, who, signal }: Visit): Promise<void> {
  if (who.isDemo) {
    main.replaceChildren(h("h1", {}, "Account"), h("p", { class: "empty" }, "A demonstration has no accounts."));
    return;
  }
  const list = h("ul", { class: "registry", "aria-label": "Access tokens" });
  const drawTokens = async (): Promise<void> => {
    const { tokens } = await api.tokens();
    list.replaceChildren(...tokens.map((one) => tokenRow(one, drawTokens)));
    if (tokens.length === 0) list.append(h("li", { class: "small" }, "None."));
  };
  await drawTokens();
  const gyms = who.memberId ? await gymsPanel() : null;
  if (signal.aborted) return;
  fill(
    main,
    h("h1", {}, "Account"),
    h("p", { class: "body" }, "Signed in as ", h("bdi", {}, who.account?.sign_in_name ?? "")),
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "Password"),
      h("p", { class: "small" }, "All other devices are signed out with it."),
      form(
        [
          whosePassword(who.account?.sign_in_name),
          input({ name: "old_password", label: "Present password", type: "password", autocomplete: "current-password" }),
          input({ name: "new_password", label: "New password", type: "password", hint: "At least 10 characters", autocomplete: "new-password" }),
        ],
        "Change password",
        async ({ old_password = "", new_password = "" }, element) => {
          await api.changePassword({ old_password, new_password });
          element.reset();
          return "Changed. Other devices are signed out.";
        },
      ),
    ),
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "Access tokens"),
      h("p", { class: "small" }, "For programs of yours, such as a spreadsheet. Whoever has a token sees what you see."),
      list,
      tokenForm(drawTokens),
    ),
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "Devices"),
      h("p", { class: "small" }, "A phone is lost, or you signed in somewhere that is not yours?"),
      button("Sign out everywhere", async () => (await api.signOutEverywhere(), leave()), { class: "quiet wide-button" }),
    ),
    gyms,
    h("p", { class: "small beside" }, "A forgotten password is set anew with a code from the staff of your gym, under “Use a code” at sign-in."),
  );
}

function tokenRow(token: TokenView, changed: () => Promise<void>): HTMLElement {
  const made = new Date(token.created_at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return h(
    "li",
    { class: "registered" },
    h("span", {}, h("bdi", {}, token.name), h("span", { class: "small" }, ` ${token.can_write ? "reads and writes" : "reads"} · since ${made}`)),
    button("Revoke", async () => (await api.revokeToken(token.token_id), changed()), { class: "quiet", "aria-label": `Revoke ${token.name}` }),
  );
}

function tokenForm(changed: () => Promise<void>): HTMLElement {
  const shown = h("div", { class: "secret", role: "status" });
  return h(
    "div",
    {},
    form(
      [
        input({ name: "name", label: "What for", maxlength: "100" }),
        tick("can_write", "It may also change things", false),
      ],
      "Make a token",
      async (values, element) => {
        const made = await api.makeToken({ name: values.name ?? "", can_write: "can_write" in values });
        element.reset();
        shown.replaceChildren(
          h("p", { class: "small" }, "Copy it now: it is never shown again."),
          h("code", {}, made.token),
          button("Copy", () => navigator.clipboard?.writeText(made.token), { class: "quiet" }),
        );
        await changed();
      },
    ),
    shown,
  );
}

/** The gyms somebody trains in; their past stays their own wherever they go. */
async function gymsPanel(): Promise<HTMLElement> {
  const list = h("ul", { class: "registry", "aria-label": "Gyms" });
  const draw = async (): Promise<void> => {
    const { gyms } = await api.memberships();
    fill(
      list,
      ...gyms.map((one) =>
        h(
          "li",
          { class: "registered" },
          h("span", {}, h("bdi", {}, one.gym_name), h("span", { class: "small" }, ` number ${one.member_number}`)),
          gyms.length > 1 &&
            button("Leave", async () => (await api.leaveGym(one.gym_id), draw()), { class: "quiet", "aria-label": `Leave ${one.gym_name}` }),
        ),
      ),
    );
  };
  await draw();
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Gyms"),
    h("p", { class: "small" }, "With the code of another gym its treadmills are yours to use too. Its staff see only what you do there."),
    list,
    form([input({ name: "code", label: "Code of the gym" })], "Join it too", async ({ code = "" }, element) => {
      await api.joinGym(code);
      element.reset();
      await draw();
      return "Welcome.";
    }),
  );
}
