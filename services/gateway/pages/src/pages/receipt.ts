// How far an erasure is, and in the end what was removed from where; for who has the code.

import type { Erasure } from "../api-types";
import * as api from "../api";
import { fill, h } from "../dom";
import { inWords } from "../panels";
import { keptCode } from "../receipts";
import type { Visit } from "../router";

const LOOK_EVERY_MS = 1_500;

export async function show({ main, parameter, signal }: Visit): Promise<void> {
  const code = location.hash.slice(1) || keptCode(parameter);
  if (!code) throw new Error("A receipt is read with the code that was shown when the erasure began.");
  const state = h("section", { class: "panel", role: "status" });
  main.replaceChildren(
    h("h1", {}, "Your erasure"),
    state,
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "Keep this"),
      h("p", { class: "small" }, "With number and code the receipt can be read later, at this address, without an account."),
      h("p", {}, "Number ", h("code", {}, parameter)),
      h("p", {}, "Code ", h("code", {}, code)),
    ),
  );
  const look = async (): Promise<void> => {
    let isDone = false;
    try {
      const found = await api.erasure(parameter, code);
      isDone = found.status === "done";
      fill(state, ...inState(found));
    } catch (error) {
      if (error instanceof api.ProblemError) throw error;
      fill(state, h("p", {}, inWords(error)));
    }
    if (!isDone && !signal.aborted) setTimeout(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  };
  await look();
}

function inState(found: Erasure): Node[] {
  const { receipt } = found;
  if (!receipt)
    return [
      h("h2", {}, "Being erased…"),
      h("progress", { max: String(Math.max(1, found.claims_count)), value: String(found.claims_erased_count), "aria-label": "Claims erased" }),
      h("p", {}, `${found.claims_erased_count} of ${found.claims_count} claims. It goes on by itself, also when this page is closed.`),
    ];
  return [
    h("h2", {}, "Erased"),
    h("p", { class: "small" }, `Finished ${new Date(found.finished_at ?? "").toLocaleString("en-GB")}.`),
    h("ul", { class: "flags" }, ...receipt.removed.map((one) => h("li", {}, h("strong", {}, String(one.count)), ` ${one.what} (${one.store})`))),
    h("h3", {}, "What stays"),
    h("ul", { class: "flags" }, ...receipt.stays.map((sentence) => h("li", {}, sentence))),
  ];
}
