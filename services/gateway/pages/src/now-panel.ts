// The numbers of a run that goes on. Each keeps its place, whatever comes: nothing may jump under a thumb.

import type { MemberDetail, PresentAlert, Treadmill } from "./api-types";
import * as api from "./api";
import { gaitIcon, gaitOf, WORDS } from "./direction";
import { button, fill, h, setAttribute, setText } from "./dom";
import { clock, distance, oneDigit, signedSpeed, speed, timeHere, whole } from "./format";
import { noteFinished } from "./finished";
import { nameOf } from "./names";
import { inWords } from "./panels";
import { currentUnits, setUnits } from "./preferences";
import { go } from "./router";
import { SteadyTotals } from "./steady";
import { speedUnit } from "./units";
import { keepAwake } from "./wake-lock";

const OLD_AFTER_S = 6;
const SURE_WITHIN_MS = 4_000;
// Tanaka 2001, where none was measured
const MAX_HEART_AT_BIRTH = 208;
const HEART_PER_YEAR = 0.7;

export class NowPanel {
  private readonly where = h("p", { class: "now-where" });
  private readonly old = h("p", { class: "now-old", role: "status" });
  private readonly alerts = h("div", { class: "alerts", "aria-live": "assertive" });
  private readonly mark = h("span", { class: "now-mark", "aria-hidden": "true" });
  private readonly word = h("strong", { class: "now-word" });
  private readonly speed = h("span", { class: "now-speed" });
  private readonly unit = button("", () => setUnits(currentUnits() === "metric" ? "imperial" : "metric"), { class: "now-unit" });
  private readonly kcal = h("span", { class: "now-kcal" });
  private readonly band = h("span", { class: "now-band" });
  private readonly rate = h("span", { class: "now-rate" });
  private readonly forward = h("dd");
  private readonly backward = h("dd");
  private readonly heart = h("span", { class: "now-heart" });
  private readonly heartOf = h("span", { class: "small" });
  private readonly meter = h("span", { class: "now-meter-fill" });
  private readonly cue = h("p", { class: "now-cue" });
  private readonly twice = h("p", { class: "now-twice" });
  private readonly message = h("p", { class: "message", role: "alert" });
  private readonly finish = button("Finish", () => this.end(), { class: "big quiet" });
  private readonly totals = new SteadyTotals();
  private treadmill: Treadmill | undefined;
  private receivedAt: { monotonic_ms: number; wall_ms: number } = { monotonic_ms: 0, wall_ms: 0 };
  private isConnected = true;
  private shownAlerts = "";
  private shownMark = "";
  private isSure = false;
  readonly element: HTMLElement;

  constructor(private readonly member: MemberDetail) {
    setText(this.unit, speedUnit());
    this.unit.setAttribute("aria-label", `Speed in ${speedUnit()}: show the other unit`);
    this.element = h(
      "section",
      { class: "now", "aria-label": "Your treadmill now", hidden: true },
      h("div", { class: "now-top" }, this.where, this.old),
      this.alerts,
      h(
        "div",
        { class: "now-motion" },
        h("p", { class: "now-direction" }, this.mark, this.word),
        h("p", { class: "now-velocity" }, this.speed, this.unit),
      ),
      h("div", { class: "now-energy" }, h("p", {}, this.kcal, h("span", { class: "now-kcal-unit" }, "kcal"), this.band), this.rate),
      h(
        "dl",
        { class: "now-times" },
        h("div", { class: "forward" }, h("dt", {}, gaitIcon("forward"), "Forward"), this.forward),
        h("div", { class: "backward" }, h("dt", {}, gaitIcon("backward"), "Backward"), this.backward),
      ),
      h(
        "div",
        { class: "now-pulse" },
        h("p", {}, h("span", { class: "now-label" }, "Heart rate"), this.heart, this.heartOf),
        h("span", { class: "now-meter", "aria-hidden": "true" }, this.meter),
      ),
      this.cue,
      this.twice,
      h("div", { class: "actions" }, this.message, this.finish),
    );
  }

  show(treadmill: Treadmill): void {
    this.treadmill = treadmill;
    this.receivedAt = { monotonic_ms: performance.now(), wall_ms: Date.now() };
    const isMoving = treadmill.status === "moving";
    const gait = gaitOf(treadmill.direction);
    setText(this.where, nameOf(treadmill));
    setAttribute(this.element, "data-gait", isMoving ? gait : "rest");
    const mark = isMoving && gait ? gait : "";
    if (mark !== this.shownMark) {
      this.shownMark = mark;
      fill(this.mark, mark && gaitIcon(mark));
    }
    const standing = treadmill.status === "silent" ? "No signal" : "Belt at rest";
    setText(this.word, mark ? WORDS[mark] : standing);
    setText(this.speed, treadmill.status === "silent" ? "–" : signedSpeed(treadmill.belt_velocity_m_per_s ?? 0));
    const rate = isMoving ? treadmill.gross_kcal_per_min : null;
    setText(this.rate, rate === null ? "" : `${oneDigit(rate)} kcal/min`);
    this.showTotals(treadmill);
    this.showHeart(treadmill.heart_rate_bpm);
    this.showAlerts(treadmill.alerts);
    setText(this.cue, this.cueOf(treadmill));
    keepAwake(isMoving);
    this.tick();
  }

  setConnection(isConnected: boolean): void {
    this.isConnected = isConnected;
    this.tick();
  }

  leave(): void {
    keepAwake(false);
  }

  /** What changes by time alone: how old the numbers are, whatever this device's clock says. */
  tick(): void {
    if (!this.treadmill) return;
    const { last_reading_age_s } = this.treadmill;
    // some devices stop the monotonic clock while they sleep, others set the other one
    const since_ms = Math.max(performance.now() - this.receivedAt.monotonic_ms, Date.now() - this.receivedAt.wall_ms);
    const age_s = (last_reading_age_s ?? 0) + since_ms / 1000;
    const isOld = last_reading_age_s !== null && (age_s > OLD_AFTER_S || !this.isConnected);
    setAttribute(this.element, "data-old", isOld ? "true" : null);
    if (!isOld) return setText(this.old, "");
    const age = `${age_s < 90 ? `${Math.round(age_s)} s` : `${Math.round(age_s / 60)} min`} old`;
    setText(this.old, this.isConnected ? `No new reading: these numbers are ${age}` : `Not connected: these numbers are ${age}`);
  }

  private cueOf({ backward_advice: advice }: Treadmill): string {
    const { tier, advised_max_speed_m_per_s, sentence } = this.member.practice;
    if (!advice) return `Practice tier ${tier}: ${sentence}`;
    // a claim keeps the practice that it began with; meanwhile the member may have come further
    const isSameTier = advice.max_speed_m_per_s === advised_max_speed_m_per_s;
    return `${isSameTier ? `Practice tier ${tier}, b` : "B"}ackward up to ${speed(advice.max_speed_m_per_s)}. ${advice.sentence}`;
  }

  private showTotals(treadmill: Treadmill): void {
    const running = treadmill.session;
    if (!running || running.claim_id !== treadmill.claim?.claim_id) {
      setText(this.kcal, "0");
      setText(this.band, "");
      setText(this.forward, "0:00");
      setText(this.backward, "0:00");
      setText(this.twice, "Start the belt: your session begins with the first step.");
      return;
    }
    const { session, isRecomputed } = this.totals.take(running);
    const [, kcal = "–", band = ""] = /^(.*?) kcal(?: \((.*)\))?/.exec(session.energy.display) ?? [];
    setText(this.kcal, kcal);
    setText(this.band, band && `(${band})`);
    setText(this.forward, clock(session.forward.duration_s));
    setText(this.backward, clock(session.backward.duration_s));
    const cost = session.reverse_dividend ? `Backward: ${session.reverse_dividend.in_words}.` : "";
    const metres = distance(session.forward.distance_m + session.backward.distance_m);
    setText(this.twice, `${isRecomputed ? "Recomputed. " : ""}${metres} so far. ${cost}`);
  }

  private showHeart(heart_rate_bpm: number | null): void {
    const { max_heart_rate_bpm, birth_year } = this.member;
    const age = birth_year ? new Date().getFullYear() - birth_year : null;
    const max = max_heart_rate_bpm ?? (age === null ? null : MAX_HEART_AT_BIRTH - HEART_PER_YEAR * age);
    setText(this.heart, whole(heart_rate_bpm));
    const share = heart_rate_bpm !== null && max ? heart_rate_bpm / max : null;
    // a maximum that was not measured is told as what it is
    const kind = max_heart_rate_bpm ? "your maximum" : "maximum ≈";
    setText(this.heartOf, share === null ? "bpm" : `bpm · ${whole(share * 100)} % of ${kind} ${whole(max)}`);
    this.meter.style.setProperty("width", `${Math.min(100, (share ?? 0) * 100)}%`);
    setAttribute(this.meter, "data-high", share !== null && share > 0.9 ? "true" : null);
  }

  private showAlerts(alerts: PresentAlert[]): void {
    const ids = alerts.map((alert) => alert.alert_id).join(" ");
    if (ids === this.shownAlerts) return;
    this.shownAlerts = ids;
    this.alerts.replaceChildren(
      ...alerts.map((alert) =>
        h(
          "p",
          { class: "alert", "data-kind": alert.kind },
          h("span", { class: "sign", "aria-hidden": "true" }, "!"),
          h("strong", {}, alert.sentence),
          h("span", { class: "since" }, `since ${timeHere(alert.raised_at)}`),
        ),
      ),
    );
  }

  /** A thumb that slips while walking ends nothing: the button asks once more. */
  private async end(): Promise<void> {
    const treadmill = this.treadmill;
    if (!treadmill) return;
    if (!this.isSure) {
      this.isSure = true;
      setText(this.finish, "Tap again to finish");
      this.finish.classList.remove("quiet");
      setTimeout(() => {
        this.isSure = false;
        setText(this.finish, "Finish");
        this.finish.classList.add("quiet");
      }, SURE_WITHIN_MS);
      return;
    }
    setText(this.message, "");
    try {
      const session = treadmill.session;
      await api.release(treadmill.gym_id, treadmill.treadmill_id, this.member.member_id);
      const isCounted = session && session.claim_id === treadmill.claim?.claim_id;
      if (isCounted) noteFinished(session, this.member.member_id);
      go(isCounted ? `/sessions/${encodeURIComponent(session.session_id)}` : "/history");
    } catch (error) {
      setText(this.message, inWords(error));
    }
  }
}
