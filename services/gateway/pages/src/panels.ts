// What many pages show: waiting, what went wrong, and forms that say what is wrong with them.

import { button, type Child, h, setText } from "./dom";

export function loading(): HTMLElement {
  return h("p", { class: "loading", role: "status" }, "Loading…");
}

export function inWords(error: unknown): string {
  // fetch says no more than that it failed
  if (error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError"))
    return "The gym's server cannot be reached. Is this device on its network?";
  return error instanceof Error ? error.message : String(error);
}

export function problemPanel(error: unknown, again: () => unknown): HTMLElement {
  return h(
    "section",
    { class: "panel problem", role: "alert" },
    h("p", {}, inWords(error)),
    button("Try again", again),
  );
}

export interface Field {
  name: string;
  label: string;
  hint?: string;
  type?: string;
  value?: string;
  autocomplete?: AutoFill;
  pattern?: string;
  inputmode?: string;
  maxlength?: string;
  min?: string;
  max?: string;
  step?: string;
  isOptional?: boolean;
}

let made = 0;

export function input(field: Field): HTMLElement {
  const id = `field-${++made}`;
  const hint = field.hint ? h("span", { class: "small", id: `${id}-hint` }, field.hint) : null;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, field.label),
    hint,
    h("input", {
      id,
      name: field.name,
      type: field.type ?? "text",
      value: field.value ?? null,
      autocomplete: field.autocomplete ?? "off",
      pattern: field.pattern ?? null,
      inputmode: field.inputmode ?? null,
      maxlength: field.maxlength ?? null,
      min: field.min ?? null,
      max: field.max ?? null,
      step: field.step ?? null,
      autocapitalize: field.autocomplete === "name" ? "words" : "none",
      spellcheck: "false",
      required: !field.isOptional,
      "aria-describedby": hint ? `${id}-hint` : null,
    }),
  );
}

// Tells a password manager whose password the form asks for; nobody sees it, nothing is sent.
export function whosePassword(signInName: string | undefined): HTMLElement {
  return h("input", { type: "text", autocomplete: "username", value: signInName ?? "", readonly: true, hidden: true });
}

export function choice(name: string, label: string, options: [value: string, text: string][], value: string, hint?: string): HTMLElement {
  const id = `field-${++made}`;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint ? h("span", { class: "small", id: `${id}-hint` }, hint) : null,
    h(
      "select",
      { id, name, "aria-describedby": hint ? `${id}-hint` : null },
      ...options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)),
    ),
  );
}

export function tick(name: string, label: string, isTicked: boolean, hint?: string): HTMLElement {
  const id = `field-${++made}`;
  return h(
    "div",
    { class: "field tick" },
    h("input", { id, name, type: "checkbox", checked: isTicked, "aria-describedby": hint ? `${id}-hint` : null }),
    h("label", { for: id }, label),
    hint ? h("span", { class: "small", id: `${id}-hint` }, hint) : null,
  );
}

/** A form that sends itself once, and says below its button what went wrong or well. */
export function form(
  fields: Child[],
  action: string,
  send: (values: Record<string, string>, form: HTMLFormElement) => Promise<string | void>,
  kind = "",
): HTMLFormElement {
  const message = h("p", { class: "message", role: "alert" });
  const done = h("p", { class: "done", role: "status" });
  const submit = h("button", { type: "submit", class: kind || null }, action);
  const element = h("form", { class: "entrance" }, ...fields, submit, message, done);
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(element)) values[name] = String(value);
    submit.disabled = true;
    setText(message, "");
    setText(done, "");
    try {
      setText(done, (await send(values, element)) ?? "");
    } catch (error) {
      setText(message, inWords(error));
    } finally {
      submit.disabled = false;
    }
  });
  return element;
}
