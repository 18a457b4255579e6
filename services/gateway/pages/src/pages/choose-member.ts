// In a demonstration nobody signs in: whose phone is this? Elsewhere: an account that does not train.

import * as api from "../api";
import { button, h } from "../dom";
import { refresh, type Visit } from "../router";
import { chooseDemoMember } from "../who";

export async function show({ main, who }: Visit): Promise<void> {
  if (!who.isDemo) {
    main.replaceChildren(
      h("h1", {}, "For who trains"),
      h("p", {}, "This account belongs to nobody who trains. Join as a member with an invitation to see sessions of your own."),
    );
    return;
  }
  const { members } = await api.members();
  main.replaceChildren(
    h("h1", {}, "Whose phone is this?"),
    h("p", { class: "body" }, "A demonstration has no accounts: be one of its members."),
    h(
      "ul",
      { class: "choices" },
      ...members.map((one) =>
        h(
          "li",
          {},
          button(h("bdi", {}, one.display_name), async () => {
            chooseDemoMember(one.member_id);
            await refresh();
          }, { class: "quiet" }),
        ),
      ),
    ),
  );
}
