// "Twice?": what the backward minutes cost beside the same forward, and how far from double that is.

import type { Dividend, Session } from "./api-types";
import { button, h, setText } from "./dom";
import { dayAndTime } from "./format";
import { drawShare } from "./share-picture";

const SCALE_FROM = 0.8;
const SCALE_TO = 2.2;

const place = (ratio: number): number => (Math.min(SCALE_TO, Math.max(SCALE_FROM, ratio)) - SCALE_FROM) / (SCALE_TO - SCALE_FROM);

/** A line from the same to double, with the band and the ratio on it. */
export function scale(dividend: Dividend): HTMLElement {
  const band = h("span", { class: "twice-band" });
  band.style.setProperty("left", `${place(dividend.low) * 100}%`);
  band.style.setProperty("width", `${(place(dividend.high) - place(dividend.low)) * 100}%`);
  const at = h("span", { class: "twice-at" });
  at.style.setProperty("left", `${place(dividend.ratio) * 100}%`);
  const mark = (ratio: number, text: string): HTMLElement => {
    const element = h("span", { class: "twice-mark" }, text);
    element.style.setProperty("left", `${place(ratio) * 100}%`);
    return element;
  };
  return h(
    "div",
    { class: "twice-scale", "aria-hidden": "true" },
    band,
    at,
    mark(1, "same"),
    mark(1.5, "1.5 ×"),
    mark(2, "twice"),
  );
}

export function twiceCard(session: Session, timeZone: string): HTMLElement | null {
  const dividend = session.reverse_dividend;
  if (!dividend) return null;
  const told = h("p", { class: "small", role: "status" });
  const share = button("Share as a picture", async () => {
    const blob = await drawShare(session, dividend, timeZone);
    setText(told, await hand(blob, `backstride-${session.started_at.slice(0, 10)}.png`, dividend.sentence));
  }, { class: "quiet" });
  return h(
    "section",
    { class: "twice", "aria-labelledby": "twice" },
    h("h2", { id: "twice" }, "Twice?"),
    h("p", { class: "twice-ratio" }, `${dividend.ratio.toFixed(2)} ×`, h("span", {}, ` (${dividend.low.toFixed(2)}–${dividend.high.toFixed(2)})`)),
    scale(dividend),
    h("p", { class: "twice-sentence" }, dividend.sentence),
    h("p", { class: "small" }, "The band holds the truth for about two people in three. ", h("a", { href: "/learn" }, "Why it is not double")),
    h("div", { class: "twice-share" }, share, told),
    h("p", { class: "unseen" }, dayAndTime(session.started_at, timeZone)),
  );
}

/** Gives the picture to the phone's own sharing, or as a file; we send it nowhere. */
async function hand(blob: Blob, name: string, text: string): Promise<string> {
  const file = new File([blob], name, { type: "image/png" });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], text });
      return "";
    } catch (error) {
      // who closes the dialogue changed their mind
      if (error instanceof DOMException && error.name === "AbortError") return "";
    }
  }
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
  return "Saved on this device. Nothing was sent anywhere.";
}
