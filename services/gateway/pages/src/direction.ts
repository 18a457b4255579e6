// Which way, never by colour alone: a shape, a word and a sign.

import { icon } from "./dom";

export type Gait = "forward" | "backward";

const SHAPES: Record<Gait, string> = {
  // a plain arrow ahead, and one that turns back on itself
  forward: "M4 12h15M12 5l7 7-7 7",
  backward: "M20 12H5M12 5l-7 7 7 7M20 5v14",
};

export const WORDS: Record<Gait, string> = { forward: "Forward", backward: "Backward" };

export function gaitOf(direction: "forward" | "reverse" | null): Gait | null {
  return direction === null ? null : direction === "reverse" ? "backward" : "forward";
}

export function gaitIcon(gait: Gait): SVGElement {
  const drawn = icon(SHAPES[gait]);
  drawn.classList.add("gait-icon", gait);
  return drawn;
}
