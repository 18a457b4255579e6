// A demonstration lets people kill the processor and watch nothing being lost.

import type { Status } from "./api-types";
import * as api from "./api";
import { h, setText } from "./dom";
import { count } from "./format";

const LOOK_EVERY_MS = 500;
const PROGRAM = "processor";

/** Returns a section with the button; it shows itself only where a supervisor can be asked. */
export function buildKillSection(): HTMLElement {
  const button = h("button", { type: "button", class: "quiet" }, "Kill the processor");
  const told = h("p", { role: "status" });
  const section = h(
    "section",
    { class: "demo", "aria-labelledby": "demo-title", hidden: true },
    h("h2", { id: "demo-title" }, "Break it"),
    h(
      "p",
      {},
      "The processor counts every reading as it comes. Kill it in mid-run: it comes back, and nothing is lost or counted twice.",
    ),
    button,
    told,
  );
  void api.status().then((status) => {
    section.hidden = !status.is_demo || processorOf(status) === undefined;
  });
  button.addEventListener("click", () => {
    button.disabled = true;
    void killAndWatch(told)
      .catch((error: unknown) => setText(told, error instanceof Error ? error.message : String(error)))
      .finally(() => {
        button.disabled = false;
      });
  });
  return section;
}

const processorOf = (status: Status) => status.programs.find((one) => one.name === PROGRAM);

async function killAndWatch(told: HTMLElement): Promise<void> {
  const restartsBefore = processorOf(await api.status())?.restarts ?? 0;
  const killedAt = performance.now();
  await api.killProcessor();
  setText(told, "Killed.");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const status = await api.status();
    const processor = processorOf(status);
    const seconds = ((performance.now() - killedAt) / 1_000).toFixed(0);
    if (processor?.state === "ready" && processor.restarts > restartsBefore) {
      setText(told, `Back after ${seconds} s: ${balance(status)}.`);
      return;
    }
    setText(told, `The processor is down for ${seconds} s; the readings wait for it. ${balance(status)}.`);
  }
}

function balance(status: Status): string {
  if (status.readings === null) return "nothing counted yet";
  const { lost, doubled } = status.readings;
  return `${count(lost)} lost, ${count(doubled)} doubled`;
}
