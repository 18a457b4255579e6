// One member, as the staff of a gym or a visitor of the demonstration looks at them: everything on one page.

import type { MemberDetail, MemberSummary, Session } from "../api-types";
import * as api from "../api";
import { sessionCharts, summaryChart } from "../charts";
import { fill, h, setText } from "../dom";
import { clock, dayAndTime, dayOn, distance, mass, minutes, speed } from "../format";
import { followLive } from "../live";
import { learnNames, nameOf } from "../names";
import type { Visit } from "../router";
import { setConnection } from "../shell";
import { seriesTable, summaryTable } from "../tables";

const SHOWN_DAYS = 14;
const DAY_MS = 86_400_000;
const REFRESH_MS = 5_000;

let member_id = "";
let signal: AbortSignal;
const heading = h("div", { class: "heading" });
const answer = h("section", { class: "answer", "aria-label": "What backward cost", hidden: true });
const days = h("section", { class: "panel days", "aria-labelledby": "days" });
const list = h("ol", { class: "sessions" });
const more = h("button", { type: "button", class: "quiet", hidden: true }, "Older sessions");
const detail = h("section", { class: "panel detail", "aria-labelledby": "session", hidden: true });
const columns = h(
  "div",
  { class: "columns" },
  h("section", { class: "panel", "aria-labelledby": "history" }, h("h2", { id: "history" }, "Sessions"), list, more),
  h("div", { class: "wide" }, days, detail),
);

let timeZone = "UTC";
let known: Session[] = [];
let cursor: string | null = null;
let chosen: string | null = null;

function showMember(member: MemberDetail): void {
  document.title = `${member.display_name} · Backstride`;
  timeZone = member.time_zone ?? "UTC";
  const body = [
    member.mass_kg && mass(member.mass_kg),
    member.height_cm && `${member.height_cm} cm`,
    member.birth_year && `born ${member.birth_year}`,
    `number ${member.member_number}`,
    `gym ${member.gym_id}`,
  ];
  heading.replaceChildren(
    h("h1", { dir: "auto" }, member.display_name, member.is_demo && h("span", { class: "chip" }, "simulated")),
    h("p", { class: "body" }, body.filter(Boolean).join(" · ")),
    h("p", { class: "small" }, fitness(member)),
    h(
      "aside",
      { class: "practice", "aria-label": "Advice for backward" },
      h("strong", {}, "Backward practice: "),
      member.practice.sentence,
      h("span", { class: "small" }, " Advice only: nothing here moves a belt. Level deck in reverse; running backward only with a harness."),
    ),
  );
}

function fitness(member: MemberDetail): string {
  if (member.effective_vo2max === null) return "Body data are shown to the member alone.";
  const { vo2max_ml_per_kg_per_min: vo2max, source, reason } = member.effective_vo2max;
  if (vo2max === null || source === null) return `Heart rate is left out of the energy: it ${reason}.`;
  return `VO₂max ${Math.round(vo2max)} ml/kg/min, ${source === "measured" ? reason : `${source}: ${reason}`}. It counts where a heart rate comes with the readings.`;
}

function showSummary(summary: MemberSummary): void {
  const total = summary.total;
  const dividend = total.reverse_dividend;
  answer.hidden = dividend === null;
  if (dividend) answer.replaceChildren(h("p", {}, dividend.sentence));
  const tiles = [
    ["Energy", total.energy.display],
    ["Forward", `${minutes(total.forward.duration_s)} · ${distance(total.forward.distance_m)}`],
    ["Backward", `${minutes(total.backward.duration_s)} · ${distance(total.backward.distance_m)}`],
    ["Turns", String(total.direction_changes)],
  ];
  days.replaceChildren(
    h("h2", { id: "days" }, `Last ${SHOWN_DAYS} days`),
    h("dl", { class: "tiles" }, ...tiles.map(([name = "", value = ""]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    summaryChart(summary.periods),
    summaryTable(summary.periods),
  );
}

function fastest(session: Session): string {
  const parts: string[] = [];
  if (session.forward.duration_s > 0) parts.push(`${speed(session.forward.max_speed_m_per_s)} forward`);
  if (session.backward.duration_s > 0) parts.push(`${speed(session.backward.max_speed_m_per_s)} backward`);
  return parts.join(" · ") || "–";
}

function sessionItem(session: Session): HTMLElement {
  const total_s = session.forward.duration_s + session.backward.duration_s;
  const share = total_s > 0 ? session.backward.duration_s / total_s : 0;
  const bar = h("span", { class: "share", "aria-hidden": "true" }, h("span"));
  (bar.firstElementChild as HTMLElement).style.setProperty("width", `${Math.round(share * 100)}%`);
  const button = h(
    "button",
    { type: "button", "aria-pressed": String(session.session_id === chosen) },
    h("span", { class: "when" }, dayAndTime(session.started_at, timeZone), session.is_running && h("em", {}, "running")),
    h("span", { class: "kcal" }, session.energy.display),
    h(
      "span",
      { class: "split" },
      `${minutes(session.forward.duration_s)} forward · ${minutes(session.backward.duration_s)} backward`,
    ),
    bar,
  );
  button.addEventListener("click", () => {
    history.replaceState(null, "", `#${session.session_id}`);
    void choose(session.session_id, true);
  });
  return h("li", {}, button);
}

function showSessions(): void {
  list.replaceChildren(...known.map(sessionItem));
  if (known.length === 0)
    list.append(h("li", { class: "empty" }, "No session yet. Claim a treadmill and start walking."));
  more.hidden = cursor === null;
}

async function choose(session_id: string, isAsked: boolean): Promise<void> {
  chosen = session_id;
  showSessions();
  const [session, series] = await Promise.all([api.session(session_id), api.series(session_id)]);
  await learnNames(session.gym_id);
  if (chosen !== session_id) return;
  const facts = [
    ["Energy", session.energy.display],
    ["Above rest (net)", `${Math.round(session.energy.net_kcal)} kcal`],
    ["Forward", `${clock(session.forward.duration_s)} · ${distance(session.forward.distance_m)}`],
    ["Backward", `${clock(session.backward.duration_s)} · ${distance(session.backward.distance_m)}`],
    ["Fastest", fastest(session)],
    ["Turns", String(session.direction_changes)],
    ["Treadmill", nameOf(session)],
    ["Readings", `${session.readings_count}${session.gaps_count ? `, ${session.gaps_count} gaps` : ""}`],
  ];
  detail.hidden = false;
  // a table that was opened stays open when the numbers are refreshed
  const isOpen = detail.querySelector("details")?.open ?? false;
  fill(
    detail,
    h("h2", { id: "session" }, dayAndTime(session.started_at, timeZone), session.is_running && h("em", {}, "running")),
    session.reverse_dividend && h("p", { class: "dividend" }, session.reverse_dividend.sentence),
    h("dl", { class: "tiles" }, ...facts.map(([name = "", value = ""]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ...sessionCharts(series, timeZone),
    seriesTable(series, timeZone),
    session.flags.length > 0 &&
      h(
        "div",
        { class: "flags" },
        h("h3", {}, "What makes this estimate less certain"),
        h(
          "ul",
          {},
          ...session.flags.map((flag) => h("li", {}, flag.sentence, h("span", { class: "small" }, ` ${clock(flag.duration_s)}`))),
        ),
      ),
    h("p", { class: "small" }, `Calorie model ${session.model_version}.`),
  );
  const table = detail.querySelector("details");
  if (table) table.open = isOpen;
  if (isAsked && matchMedia("(max-width: 60rem)").matches) detail.scrollIntoView();
}

async function refresh(): Promise<void> {
  const from = dayOn(new Date(Date.now() - (SHOWN_DAYS - 1) * DAY_MS), timeZone);
  const [page, summary] = await Promise.all([api.sessions(member_id, null), api.summary(member_id, { period: "day", from })]);
  const newest = new Set(page.sessions.map((one) => one.session_id));
  known = [...page.sessions, ...known.filter((one) => !newest.has(one.session_id))];
  cursor ??= known.length > page.sessions.length ? cursor : page.next_cursor;
  showSummary(summary);
  const first = known[0];
  if (chosen === null && first) chosen = first.session_id;
  showSessions();
  if (chosen !== null) await choose(chosen, false);
}

more.addEventListener("click", async () => {
  const page = await api.sessions(member_id, cursor);
  known = [...known, ...page.sessions];
  cursor = page.next_cursor;
  showSessions();
});

let refreshAt_ms = 0;
let isRefreshing = false;

async function refreshSoon(): Promise<void> {
  if (isRefreshing || signal.aborted || performance.now() < refreshAt_ms) return;
  isRefreshing = true;
  try {
    await refresh();
  } catch (error) {
    setText(heading, error instanceof Error ? error.message : String(error));
  } finally {
    isRefreshing = false;
    refreshAt_ms = performance.now() + REFRESH_MS;
  }
}

export async function show(visit: Visit): Promise<void> {
  member_id = visit.parameter;
  signal = visit.signal;
  known = [];
  cursor = null;
  refreshAt_ms = 0;
  chosen = location.hash.slice(1) || null;
  answer.hidden = true;
  detail.hidden = true;
  fill(days);
  showMember(await api.member(member_id));
  visit.main.replaceChildren(heading, answer, columns);
  await refreshSoon();
  followLive(
    {
      picture: () => void refreshSoon(),
      treadmill: (treadmill) => {
        if (treadmill.claim?.member_id === member_id) void refreshSoon();
      },
      connection: setConnection,
    },
    signal,
  );
}
