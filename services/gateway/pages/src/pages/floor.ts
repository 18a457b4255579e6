// The wall screen: every treadmill live, alerts first. It runs for days, so it makes nothing that it does not reuse.

import type { AlertView, Treadmill } from "../api-types";
import * as api from "../api";
import { gaitIcon, gaitOf, WORDS } from "../direction";
import { button, fill, h, setAttribute, setHidden, setText } from "../dom";
import { clock, signedSpeed, timeHere } from "../format";
import { followLive } from "../live";
import { learnNames, nameOf } from "../names";
import type { Visit } from "../router";
import { setConnection } from "../shell";
import { speedUnit } from "../units";
import { followVisibility, keepAwake } from "../wake-lock";

const ALERTS_EVERY_MS = 4_000;
const TICK_MS = 5_000;

export async function show({ main, signal }: Visit): Promise<void> {
  const { treadmills } = await api.treadmills();
  await Promise.all([...new Set(treadmills.map((one) => one.gym_id))].map(learnNames));
  if (signal.aborted) return;
  const board = new FloorBoard();
  board.picture(treadmills);
  main.replaceChildren(board.element);
  followLive({ picture: (all) => board.picture(all), treadmill: (one) => board.take(one), connection: setConnection }, signal);
  followVisibility(signal);
  keepAwake(true);
  const asking = setInterval(() => void board.askAlerts(), ALERTS_EVERY_MS);
  const ticking = setInterval(() => board.tick(), TICK_MS);
  signal.addEventListener("abort", () => [asking, ticking].forEach(clearInterval));
  void board.askAlerts();
}

class FloorBoard {
  private readonly grid = h("section", { class: "floor-grid", "aria-label": "Treadmills" });
  private readonly alerts = h("section", { class: "floor-alerts", "aria-label": "Alerts", "aria-live": "polite" });
  private readonly sums = h("p", { class: "floor-sums" });
  private readonly message = h("p", { class: "message", role: "alert" });
  private readonly tiles = new Map<string, FloorTile>();
  private readonly calm = h("p", { class: "floor-calm" }, "No alert goes on.");
  private shownAlerts = "unknown";
  readonly element = h(
    "div",
    { class: "floor" },
    h("div", { class: "floor-top" }, h("h1", {}, "Floor"), this.sums),
    // beside or over the treadmills, never above them: an alert must not move what somebody looks at
    h("div", { class: "floor-body" }, this.grid, h("div", { class: "floor-side" }, this.alerts, this.message)),
  );

  picture(all: Treadmill[]): void {
    const present = new Set(all.map(keyOf));
    for (const [key, tile] of this.tiles) {
      if (present.has(key)) continue;
      tile.element.remove();
      this.tiles.delete(key);
    }
    all.forEach((one) => this.take(one));
  }

  take(one: Treadmill): void {
    const key = keyOf(one);
    let tile = this.tiles.get(key);
    if (!tile) {
      tile = new FloorTile();
      this.tiles.set(key, tile);
      const keys = [...this.tiles.keys()].sort();
      const next = keys[keys.indexOf(key) + 1];
      this.grid.insertBefore(tile.element, next === undefined ? null : (this.tiles.get(next)?.element ?? null));
    }
    tile.show(one);
    this.sum();
  }

  tick(): void {
    for (const tile of this.tiles.values()) tile.tick();
  }

  async askAlerts(): Promise<void> {
    try {
      this.showAlerts((await api.alerts(true)).alerts);
      setText(this.message, "");
    } catch (error) {
      setText(this.message, error instanceof api.ProblemError ? error.message : "Alerts cannot be asked for now.");
    }
  }

  private sum(): void {
    let moving = 0;
    let backward = 0;
    for (const { isMoving, isBackward } of this.tiles.values()) {
      if (isMoving) moving += 1;
      if (isMoving && isBackward) backward += 1;
    }
    setText(this.sums, `${moving} of ${this.tiles.size} moving · ${backward} backward`);
  }

  private showAlerts(alerts: AlertView[]): void {
    const state = alerts.map((one) => `${one.alert_id}${one.acknowledged_at ?? ""}`).join(" ");
    if (state === this.shownAlerts) return;
    this.shownAlerts = state;
    // what nobody has seen yet comes first
    const sorted = [...alerts].sort((one, other) => Number(one.acknowledged_at !== null) - Number(other.acknowledged_at !== null));
    fill(this.alerts, ...sorted.map((one) => this.alertOf(one)), sorted.length === 0 && this.calm);
  }

  private alertOf(one: AlertView): HTMLElement {
    const seen = one.acknowledged_at
      ? h("p", { class: "small" }, `Seen by ${one.acknowledged_by ?? "the staff"} at ${timeHere(one.acknowledged_at)}`)
      : button("Acknowledge", () => this.acknowledge(one.alert_id), { "aria-label": `Acknowledge: ${one.sentence} ${nameOf(one)}` });
    return h(
      "article",
      { class: "floor-alert", "data-seen": String(one.acknowledged_at !== null) },
      h("span", { class: "sign", "aria-hidden": "true" }, "!"),
      h("div", {}, h("h2", { dir: "auto" }, nameOf(one)), h("p", {}, one.sentence), h("p", { class: "small" }, `since ${timeHere(one.raised_at)}`)),
      seen,
    );
  }

  private async acknowledge(alert_id: string): Promise<void> {
    try {
      await api.acknowledge(alert_id);
    } catch (error) {
      setText(this.message, error instanceof Error ? error.message : String(error));
      return;
    }
    await this.askAlerts();
  }
}

const keyOf = (one: Treadmill): string => `${one.gym_id}/${one.treadmill_id}`;

class FloorTile {
  private readonly mark = h("span", { class: "floor-mark", "aria-hidden": "true" });
  private readonly word = h("span", { class: "floor-word" });
  private readonly speed = h("span", { class: "floor-speed" });
  private readonly unit = h("span", { class: "unit" }, speedUnit());
  private readonly kcal = h("span", {});
  private readonly time = h("span", {});
  private readonly who = h("span", { class: "floor-who", dir: "auto" });
  private readonly warning = h("span", { class: "floor-warning", hidden: true }, "! alert");
  // both marks are made once and shown or hidden: a day of turns makes no garbage
  private readonly marks = { forward: gaitIcon("forward"), backward: gaitIcon("backward") };
  private shownMark = "";
  isMoving = false;
  isBackward = false;
  private readonly name = h("h2", { dir: "auto" });
  readonly element = h(
    "article",
    { class: "floor-tile" },
    h("div", { class: "floor-name" }, this.name, this.warning),
    h("p", { class: "floor-motion" }, this.mark, this.speed, this.unit),
    h("p", { class: "floor-line" }, this.word, this.time),
    h("p", { class: "floor-line" }, this.who, this.kcal),
  );

  show(one: Treadmill): void {
    const gait = gaitOf(one.direction);
    this.isMoving = one.status === "moving";
    this.isBackward = gait === "backward";
    const mark = this.isMoving && gait ? gait : "";
    if (mark !== this.shownMark) {
      this.shownMark = mark;
      fill(this.mark, mark && this.marks[mark]);
    }
    setAttribute(this.element, "data-gait", mark || (one.status === "silent" ? "silent" : "rest"));
    setText(this.word, mark ? WORDS[mark] : one.status === "silent" ? "No signal" : "At rest");
    setText(this.speed, one.status === "silent" ? "–" : signedSpeed(one.belt_velocity_m_per_s ?? 0));
    const session = one.session?.is_running ? one.session : null;
    setText(this.kcal, session ? session.energy.display : "");
    setText(this.time, session ? clock(session.forward.duration_s + session.backward.duration_s) : "");
    setText(this.who, one.claim ? (one.claim.display_name ?? "A member") : "free");
    setHidden(this.warning, one.alerts.length === 0);
    setText(this.name, nameOf(one));
  }

  tick(): void {
    setText(this.unit, speedUnit());
  }
}
