// One treadmill as a card: which way, how fast, how much, who.

import type { BackwardCue, MemberView, PresentAlert, PresentFlag, Treadmill } from "./api-types";
import * as api from "./api";
import { h, setAttribute, setText } from "./dom";
import { nameOf } from "./names";
import { inWords } from "./panels";
import { speedUnit } from "./units";
import { ago, clock, oneDigit, signedSpeed, speed, timeHere, whole } from "./format";

const WORDS = { forward: "Forward", reverse: "Reverse" } as const;
const ARROWS = { forward: "→", reverse: "←" } as const;
const CHEVRON_PX = 40;

export class TreadmillCard {
  readonly element: HTMLElement;
  private readonly statusText = h("span", { class: "status" });
  private readonly arrow = h("span", { class: "arrow", "aria-hidden": "true" });
  private readonly word = h("span", { class: "word" });
  private readonly speed = h("span", { class: "speed" });
  private readonly track = h("div", { class: "belt-track" });
  private readonly energy = h("strong", { class: "energy" });
  private readonly rate = h("span", { class: "rate" });
  // always there, so that readers are told when something comes into it
  private readonly alerts = h("div", { class: "alerts", "aria-live": "polite" });
  private readonly advice = h("p", { class: "advice", hidden: true });
  private readonly dividend = h("p", { class: "dividend", hidden: true });
  private readonly doubtsTitle = h("summary");
  private readonly doubtsList = h("ul");
  private readonly doubts = h("details", { class: "doubts", hidden: true }, this.doubtsTitle, this.doubtsList);
  private readonly heart = h("dd");
  private readonly grade = h("dd");
  private readonly forwardTime = h("dd");
  private readonly backwardTime = h("dd");
  private readonly who = h("div", { class: "who" });
  private readonly message = h("p", { class: "message", role: "alert", hidden: true });
  private treadmill: Treadmill;
  private receivedAt_ms = 0;
  private shownAlerts = "";
  private shownDoubts = "";
  private shownHolder: string | null | undefined;

  constructor(
    treadmill: Treadmill,
    private members: MemberView[],
  ) {
    this.treadmill = treadmill;
    const { gym_id, treadmill_id } = treadmill;
    const name = h("h2", { id: `t-${gym_id}-${treadmill_id}`, dir: "auto" }, nameOf(treadmill));
    const place = nameOf(treadmill) === treadmill_id ? gym_id : `${gym_id}/${treadmill_id}`;
    this.element = h(
      "article",
      { class: "card", "aria-labelledby": name.id },
      h("div", { class: "card-top" }, h("div", {}, name, h("span", { class: "gym" }, place)), this.statusText),
      this.alerts,
      h(
        "div",
        { class: "motion" },
        h("div", { class: "belt", "aria-hidden": "true" }, this.track),
        h("p", { class: "direction" }, this.arrow, this.word),
        h("p", { class: "velocity" }, this.speed, h("span", { class: "unit" }, ` ${speedUnit()}`)),
      ),
      h("p", { class: "burnt" }, this.energy, this.rate),
      this.dividend,
      h(
        "dl",
        { class: "facts" },
        h("div", {}, h("dt", {}, "Heart rate"), this.heart),
        h("div", {}, h("dt", {}, "Grade"), this.grade),
        h("div", {}, h("dt", {}, "Forward"), this.forwardTime),
        h("div", {}, h("dt", {}, "Backward"), this.backwardTime),
      ),
      this.doubts,
      this.advice,
      this.who,
      this.message,
    );
    this.show(treadmill);
  }

  show(treadmill: Treadmill): void {
    this.treadmill = treadmill;
    this.receivedAt_ms = performance.now();
    const direction = treadmill.direction;
    const isMoving = treadmill.status === "moving";
    setAttribute(this.element, "data-status", treadmill.status);
    setAttribute(this.element, "data-direction", direction);
    setText(this.arrow, direction && isMoving ? ARROWS[direction] : "");
    setText(this.word, this.motionInWords());
    setText(
      this.speed,
      treadmill.status === "silent" ? "–" : signedSpeed(treadmill.belt_velocity_m_per_s ?? 0),
    );
    this.showBelt(isMoving ? Math.abs(treadmill.belt_velocity_m_per_s ?? 0) : 0);
    const session = treadmill.session;
    setAttribute(this.element, "data-session", session ? (session.is_running ? "running" : "over") : null);
    setText(this.energy, session ? session.energy.display : "– kcal");
    setText(
      this.rate,
      isMoving && treadmill.gross_kcal_per_min !== null
        ? `${oneDigit(treadmill.gross_kcal_per_min)} kcal/min`
        : session && !session.is_running
          ? "last session"
          : "",
    );
    setText(this.heart, treadmill.heart_rate_bpm === null ? "–" : `${whole(treadmill.heart_rate_bpm)} bpm`);
    setText(this.grade, treadmill.grade_percent === null ? "–" : `${oneDigit(treadmill.grade_percent)} %`);
    setText(this.forwardTime, session ? clock(session.forward.duration_s) : "–");
    setText(this.backwardTime, session ? clock(session.backward.duration_s) : "–");
    const dividend = session?.reverse_dividend ?? null;
    this.dividend.hidden = dividend === null;
    setText(this.dividend, dividend ? `Backward: ${dividend.in_words}.` : "");
    this.showAlerts(treadmill.alerts);
    this.showAdvice(treadmill.backward_advice);
    this.showDoubts(isMoving ? treadmill.flags : []);
    this.showHolder();
    this.tick();
  }

  /** What changes by time alone. */
  tick(): void {
    const { status, last_reading_age_s, is_online } = this.treadmill;
    const age_s = (last_reading_age_s ?? 0) + (performance.now() - this.receivedAt_ms) / 1000;
    if (status !== "silent") setText(this.statusText, status);
    else if (last_reading_age_s === null) setText(this.statusText, "no reading yet");
    else setText(this.statusText, `${is_online === false ? "offline" : "silent"} · ${ago(age_s)}`);
  }

  private motionInWords(): string {
    const { direction, status } = this.treadmill;
    if (direction === null) return "Not heard yet";
    if (status === "silent") return "No signal";
    return status === "moving" ? WORDS[direction] : "Belt at rest";
  }

  setMembers(members: MemberView[]): void {
    this.members = members;
    this.shownHolder = undefined;
    this.showHolder();
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

  private showAdvice(advice: BackwardCue | null): void {
    this.advice.hidden = advice === null;
    setText(this.advice, advice ? `Backward up to ${speed(advice.max_speed_m_per_s)}. ${advice.sentence}` : "");
  }

  /** Why the rate is less certain now; the list stays open while the reasons change. */
  private showDoubts(flags: PresentFlag[]): void {
    const codes = flags.map((flag) => flag.code).join(" ");
    if (codes === this.shownDoubts) return;
    this.shownDoubts = codes;
    this.doubts.hidden = flags.length === 0;
    setText(this.doubtsTitle, `Less certain now: ${flags.length} ${flags.length === 1 ? "reason" : "reasons"}`);
    this.doubtsList.replaceChildren(...flags.map((flag) => h("li", {}, flag.sentence)));
  }

  private showBelt(speed_m_per_s: number): void {
    // the chevrons move by one of theirs in this time: twice the speed, half the time
    const period_s = speed_m_per_s > 0 ? CHEVRON_PX / (60 * speed_m_per_s) : 0;
    // changing the duration restarts the animation: only when it would be seen
    const text = period_s ? `${(Math.round(period_s * 20) / 20 || 0.05).toFixed(2)}s` : "0s";
    if (this.track.style.getPropertyValue("--period") !== text)
      this.track.style.setProperty("--period", text);
  }

  private showHolder(): void {
    const claim = this.treadmill.claim;
    const holder = claim?.claim_id ?? null;
    if (holder === this.shownHolder) return;
    this.shownHolder = holder;
    if (claim?.member_id === null) {
      // whose it is, only they and the staff are told
      this.who.replaceChildren(h("span", { class: "free" }, "Taken by another member"));
      return;
    }
    if (claim) {
      const name = claim.display_name ?? "A member";
      const release = h("button", { type: "button", class: "quiet" }, "Release");
      release.addEventListener("click", () => void this.act(() => this.release(), release));
      this.who.replaceChildren(
        h("span", { class: "avatar", "aria-hidden": "true" }, [...name][0] ?? "?"),
        h("a", { href: `/members/${encodeURIComponent(claim.member_id ?? "")}`, dir: "auto" }, name),
        release,
      );
      return;
    }
    if (this.members.length === 0) {
      this.who.replaceChildren(h("span", { class: "free" }, "Nobody signed in: 75 kg assumed"));
      return;
    }
    const select = h("select", { "aria-label": `Member for ${nameOf(this.treadmill)}` });
    for (const one of this.members) select.append(h("option", { value: one.member_id }, one.display_name));
    const claimButton = h("button", { type: "button" }, "Claim");
    claimButton.addEventListener(
      "click",
      () => void this.act(() => this.claim(select.value), claimButton),
    );
    this.who.replaceChildren(h("span", { class: "free" }, "Claim for"), select, claimButton);
  }

  private claim(member_id: string): Promise<unknown> {
    return api.claim(this.treadmill.gym_id, this.treadmill.treadmill_id, { member_id });
  }

  private release(): Promise<unknown> {
    return api.release(this.treadmill.gym_id, this.treadmill.treadmill_id);
  }

  private async act(action: () => Promise<unknown>, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    this.message.hidden = true;
    try {
      await action();
    } catch (error) {
      setText(this.message, inWords(error));
      this.message.hidden = false;
    } finally {
      button.disabled = false;
    }
  }
}
