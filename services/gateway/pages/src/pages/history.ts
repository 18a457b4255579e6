// What I did: a month to look at, its sums, and the sessions below.

import type { MemberDetail, Session } from "../api-types";
import * as api from "../api";
import { calendar, lastOf, monthAfter, monthOf } from "../calendar";
import { button, facts, fill, h, setText } from "../dom";
import { dayOn, distance, fullDay, minutes, monthName, zoneHere } from "../format";
import { inWords } from "../panels";
import type { Visit } from "../router";
import { sessionLink } from "../session-list";

const PURPOSES = ["", "warm-up", "training", "agility", "rehabilitation"];

export async function show({ main, memberId, signal }: Visit): Promise<void> {
  const member = await api.member(memberId);
  if (signal.aborted) return;
  const view = new HistoryView(member);
  await view.load();
  if (!signal.aborted) main.replaceChildren(...view.elements);
}

class HistoryView {
  private readonly month = h("div", { class: "calendar" });
  private readonly title = h("h2", { id: "month-title" });
  private readonly sums = h("div", { class: "sums", role: "status" });
  private readonly list = h("ol", { class: "sessions" });
  private readonly listTitle = h("h2", { id: "sessions-title" });
  private readonly older = button("Older sessions", () => this.more(), { class: "quiet wide-button" });
  private readonly next = button("›", () => this.turn(1), { class: "quiet turn", "aria-label": "Next month" });
  private readonly message = h("p", { class: "message", role: "alert" });
  private readonly timeZone: string;
  private readonly today_on: string;
  private first_on: string;
  private chosen_on: string | null = null;
  private purpose = "";
  private has_backward = "";
  private known: Session[] = [];
  private cursor: string | null = null;
  readonly elements: HTMLElement[];

  constructor(private readonly member: MemberDetail) {
    this.timeZone = member.time_zone ?? zoneHere();
    // the phone's clock only chooses which month is shown first
    this.today_on = dayOn(new Date(), this.timeZone);
    this.first_on = monthOf(this.today_on);
    this.elements = [
      h("h1", {}, "History"),
      h(
        "section",
        { class: "panel", "aria-labelledby": "month-title" },
        h(
          "div",
          { class: "month-top" },
          button("‹", () => this.turn(-1), { class: "quiet turn", "aria-label": "Previous month" }),
          this.title,
          this.next,
        ),
        this.month,
        this.sums,
      ),
      h(
        "section",
        { class: "panel", "aria-labelledby": "sessions-title" },
        h("div", { class: "list-top" }, this.listTitle, this.filters()),
        this.message,
        this.list,
        this.older,
      ),
    ];
  }

  async load(): Promise<void> {
    await Promise.all([this.loadMonth(), this.loadSessions()]);
  }

  private filters(): HTMLElement {
    const purpose = h(
      "select",
      { "aria-label": "Purpose" },
      ...PURPOSES.map((value) => h("option", { value }, value || "Every purpose")),
    );
    const gait = h(
      "select",
      { "aria-label": "Direction" },
      h("option", { value: "" }, "Every direction"),
      h("option", { value: "true" }, "With backward"),
      h("option", { value: "false" }, "Forward only"),
    );
    const changed = (): void => {
      this.purpose = purpose.value;
      this.has_backward = gait.value;
      void this.attempt(() => this.loadSessions());
    };
    purpose.addEventListener("change", changed);
    gait.addEventListener("change", changed);
    return h("div", { class: "filters" }, purpose, gait);
  }

  private async loadMonth(): Promise<void> {
    const { first_on } = this;
    const to = lastOf(first_on);
    const found = await api.summary(this.member.member_id, { period: "day", from: first_on, to });
    if (first_on !== this.first_on) return;
    setText(this.title, monthName(first_on));
    this.next.disabled = first_on >= monthOf(this.today_on);
    fill(this.month, calendar(first_on, this.today_on, found.periods, this.chosen_on, (on) => this.choose(on)));
    const { total } = found;
    fill(
      this.sums,
      facts([
        ["Sessions", String(total.sessions_count)],
        ["Energy", total.energy.display],
        ["Forward", `${minutes(total.forward.duration_s)} · ${distance(total.forward.distance_m)}`],
        ["Backward", `${minutes(total.backward.duration_s)} · ${distance(total.backward.distance_m)}`],
      ]),
    );
  }

  private asked(): api.SessionQuery {
    const range = this.chosen_on
      ? { from: this.chosen_on, to: this.chosen_on }
      : this.first_on === monthOf(this.today_on)
        ? {}
        : { to: lastOf(this.first_on) };
    return { ...range, purpose: this.purpose, has_backward: this.has_backward };
  }

  private async loadSessions(): Promise<void> {
    const page = await api.sessions(this.member.member_id, null, this.asked());
    this.known = page.sessions;
    this.cursor = page.next_cursor;
    this.draw();
  }

  private async more(): Promise<void> {
    await this.attempt(async () => {
      const page = await api.sessions(this.member.member_id, this.cursor, this.asked());
      this.known = [...this.known, ...page.sessions];
      this.cursor = page.next_cursor;
      this.draw();
    });
  }

  private draw(): void {
    setText(this.listTitle, this.chosen_on ? fullDay(this.chosen_on) : "Sessions");
    this.list.replaceChildren(...this.known.map((one) => sessionLink(one, this.timeZone)));
    if (this.known.length === 0) this.list.append(h("li", { class: "empty" }, this.nothing()));
    this.older.hidden = this.cursor === null;
  }

  private nothing(): string {
    if (this.chosen_on || this.purpose || this.has_backward) return "No session is like that.";
    return "Nothing yet. Start on a treadmill, and what you do appears here by itself.";
  }

  private async turn(months: number): Promise<void> {
    this.first_on = monthAfter(this.first_on, months);
    this.chosen_on = null;
    await this.attempt(() => this.load());
  }

  private choose(on: string | null): void {
    this.chosen_on = on;
    void this.attempt(() => this.load());
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    setText(this.message, "");
    try {
      await action();
    } catch (error) {
      setText(this.message, inWords(error));
    }
  }
}
