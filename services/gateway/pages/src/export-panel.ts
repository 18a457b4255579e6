// Everything as one file, made in the background while its owner may go on.

import type { MemberExport } from "./api-types";
import * as api from "./api";
import { button, fill, h, setText } from "./dom";
import { inWords } from "./panels";

const LOOK_EVERY_MS = 1_000;
const BYTES_PER_MB = 1_000_000;

export function exportPanel(memberId: string, signal: AbortSignal): HTMLElement {
  const told = h("p", { role: "status" });
  const bar = h("progress", { max: "1", value: "0", hidden: true, "aria-label": "How far the file is" });
  const file = h("p", {});
  const follow = async (begun: MemberExport): Promise<void> => {
    let state = begun;
    bar.hidden = false;
    while (!signal.aborted) {
      bar.value = state.status === "ready" ? 1 : state.sessions_done / Math.max(1, state.sessions_count ?? 1);
      if (state.status === "failed") throw new Error(state.reason ?? "The file could not be made. Try again in a moment.");
      if (state.status === "ready" && state.file_url) {
        setText(told, "Ready.");
        return fill(file, h("a", { href: state.file_url, download: true, class: "button" }, `Save the file${sizeOf(state)}`));
      }
      setText(told, `${state.sessions_done} of ${state.sessions_count ?? "…"} sessions`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      state = await api.exportState(memberId, state.export_id);
    }
  };
  const begin = button("Make the file", async () => {
    fill(file);
    try {
      await follow(await api.beginExport(memberId));
    } catch (error) {
      setText(told, inWords(error));
      bar.hidden = true;
    }
  });
  return h(
    "section",
    { class: "panel export", "aria-labelledby": "export-title" },
    h("h2", { id: "export-title" }, "Take everything away"),
    h("p", {}, "One zip file: all of it as JSON, each session as FIT for other programs, and a page that explains them."),
    begin,
    bar,
    told,
    file,
  );
}

function sizeOf({ file_bytes }: MemberExport): string {
  if (file_bytes === null) return "";
  return file_bytes < BYTES_PER_MB ? ` (${Math.ceil(file_bytes / 1000)} kB)` : ` (${(file_bytes / BYTES_PER_MB).toFixed(1)} MB)`;
}
