// The ways in: /sign-in, /join (also a forgotten password) and /set-up, the owner's first start.

import "./styles.css";
import * as api from "./api";
import { h, setText } from "./dom";
import { buildFrame } from "./frame";

interface Field {
  name: string;
  label: string;
  hint?: string;
  type?: string;
  autocomplete?: AutoFill;
  pattern?: string;
}

const NAME: Field = { name: "sign_in_name", label: "Sign-in name", autocomplete: "username" };
const PASSWORD: Field = { name: "password", label: "Password", type: "password", autocomplete: "current-password" };
const NEW_PASSWORD: Field = { ...PASSWORD, hint: "At least 10 characters", autocomplete: "new-password" };
const CODE: Field = { name: "code", label: "Code", autocomplete: "one-time-code" };

const frame = buildFrame({ isOpen: true });

function input(field: Field): HTMLElement {
  const hint = field.hint ? h("span", { class: "small" }, field.hint) : null;
  return h(
    "label",
    {},
    field.label,
    h("input", {
      name: field.name,
      type: field.type ?? "text",
      autocomplete: field.autocomplete ?? "off",
      pattern: field.pattern ?? null,
      autocapitalize: "none",
      spellcheck: "false",
      required: true,
    }),
    hint,
  );
}

function form(
  title: string,
  intro: string,
  fields: Field[],
  action: string,
  send: (values: Record<string, string>) => Promise<string>,
): HTMLElement {
  const message = h("p", { class: "message", role: "alert", hidden: true });
  const button = h("button", { type: "submit" }, action);
  const element = h(
    "form",
    { class: "panel entrance" },
    h("h1", {}, title),
    h("p", { class: "small" }, intro),
    ...fields.map(input),
    button,
    message,
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(element)) values[name] = String(value);
    button.disabled = true;
    message.hidden = true;
    send(values)
      .then((target) => location.assign(target))
      .catch((error: unknown) => {
        setText(message, error instanceof Error ? error.message : String(error));
        message.hidden = false;
        button.disabled = false;
      });
  });
  return element;
}

const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function signIn(): HTMLElement[] {
  return [
    form("Sign in", "With the name and password that you chose.", [NAME, PASSWORD], "Sign in", async (values) => {
      await api.enter("session", values);
      return "/";
    }),
    h("p", { class: "small" }, "No account yet, or the password forgotten? ", h("a", { href: "/join" }, "Use a code")),
  ];
}

function join(): HTMLElement[] {
  return [
    form(
      "Join",
      "With an invitation, or the code of your gym.",
      [CODE, { name: "display_name", label: "Your name", autocomplete: "name" }, NAME, NEW_PASSWORD],
      "Join",
      async (values) => {
        await api.enter("join", { ...values, time_zone: timeZone });
        return "/";
      },
    ),
    form(
      "New password",
      "With a code from the staff of your gym.",
      [CODE, NEW_PASSWORD],
      "Set password",
      async (values) => {
        await api.enter("password-reset", values);
        return "/";
      },
    ),
    h("p", { class: "small" }, h("a", { href: "/sign-in" }, "Sign in")),
  ];
}

function setUp(): HTMLElement[] {
  const ID = "[a-z0-9][a-z0-9\\-]{0,62}";
  return [
    form(
      "Your gym",
      "The set-up code stands in the gateway's log and on the terminal of backstride run. It makes you the administrator.",
      [
        { name: "set_up_code", label: "Set-up code" },
        { name: "gym_name", label: "Name of the gym" },
        { name: "gym_id", label: "Short id", hint: "As its treadmills publish: a-z, 0-9, hyphens", pattern: ID },
        NAME,
        NEW_PASSWORD,
      ],
      "Begin",
      async (values) => {
        await api.enter("set-up", values);
        return "/gym";
      },
    ),
  ];
}

const pages: Record<string, () => HTMLElement[]> = { "/join": join, "/set-up": setUp };

async function begin(): Promise<void> {
  const { is_demo, is_set_up } = await api.entrance();
  if (is_demo) return location.replace("/");
  if (!is_set_up && location.pathname !== "/set-up") return location.replace("/set-up");
  if (is_set_up && location.pathname === "/set-up") return location.replace("/sign-in");
  frame.main.replaceChildren(...(pages[location.pathname] ?? signIn)());
}

begin().catch((error: unknown) => {
  frame.main.replaceChildren(h("p", { class: "message", role: "alert" }, String(error)));
});
