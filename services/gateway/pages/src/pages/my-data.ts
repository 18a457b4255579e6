// All that is mine, to take away or to have erased; leaving is as easy as coming.

import type { ErasureBody } from "../api-types";
import * as api from "../api";
import { exportPanel } from "../export-panel";
import { h } from "../dom";
import { form, input, whosePassword } from "../panels";
import { keepReceipt } from "../receipts";
import type { Visit } from "../router";
import type { Who } from "../who";

export async function show({ main, memberId, who, signal }: Visit): Promise<void> {
  const member = await api.member(memberId);
  if (signal.aborted) return;
  main.replaceChildren(
    h("h1", {}, "My data"),
    h("p", { class: "body" }, "What is kept of ", h("bdi", {}, member.display_name), ": the profile, body mass over time, claims, sessions, and the readings behind them."),
    exportPanel(memberId, signal),
    h(
      "section",
      { class: "panel erase", "aria-labelledby": "erase-title" },
      h("h2", { id: "erase-title" }, "Erase me"),
      h("p", {}, "Sessions, readings, claims, profile and account are removed from every store, within a minute. It cannot be undone."),
      h(
        "ul",
        { class: "flags" },
        h("li", {}, "Take everything away first, above: afterwards there is nothing to take."),
        h("li", {}, "The log of the treadmills holds body data under a claim id, without a name, for at most 7 days."),
        h("li", {}, "You get a receipt, which can be read after the account is gone."),
      ),
      eraseForm(memberId, who),
    ),
  );
}

function eraseForm(memberId: string, { isDemo, account }: Who): HTMLElement {
  const field = isDemo
    ? input({ name: "confirm", label: "Type “erase” to confirm", hint: "A demonstration has no passwords.", pattern: "erase" })
    : input({ name: "password", label: "Your password, once more", type: "password", autocomplete: "current-password" });
  return h(
    "details",
    { class: "sure" },
    h("summary", {}, "I want to be erased"),
    form(
      [isDemo ? null : whosePassword(account?.sign_in_name), field],
      "Erase everything",
      async (values) => {
        const body: ErasureBody = isDemo ? { confirm: values.confirm ?? "" } : { password: values.password ?? "" };
        const begun = await api.erase(memberId, body);
        keepReceipt(begun);
        // loaded anew: nothing of the person stays in this page
        location.assign(`/erasures/${encodeURIComponent(begun.erasure_id)}#${begun.receipt_code}`);
      },
      "danger",
    ),
  );
}
