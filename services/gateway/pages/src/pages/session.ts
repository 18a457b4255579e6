// One session: the answer first, then the chart to scrub, the numbers, what makes them doubtful, and what to set right.

import type { Series, SessionDetail } from "../api-types";
import * as api from "../api";
import { correctionsPanel } from "../corrections";
import { gaitIcon } from "../direction";
import { button, facts, fill, h, setText } from "../dom";
import { clock, dayAndTime, distance, speed, timeOfDay, whole, zoneHere } from "../format";
import { isSettling, sessionOf } from "../finished";
import { learnNames, nameOf } from "../names";
import { inWords } from "../panels";
import { go, type Visit } from "../router";
import { seriesTable } from "../tables";
import { twiceCard } from "../twice-card";

const REFRESH_MS = 5_000;

export async function show({ main, parameter, signal }: Visit): Promise<void> {
  const session = await sessionOf(parameter, signal, () =>
    main.replaceChildren(h("p", { class: "loading", role: "status" }, "Your session is being written down…")),
  );
  if (signal.aborted) return;
  if (session.session_id !== parameter) {
    go(`/sessions/${encodeURIComponent(session.session_id)}`, { isReplacing: true });
    return;
  }
  const [timeZone] = await Promise.all([zoneOf(session), learnNames(session.gym_id)]);
  if (signal.aborted) return;
  const head = h("div", {});
  const charts = h("section", { class: "panel charts", "aria-label": "Over time" });
  const rest = h("div", {});
  main.replaceChildren(head, charts, rest);

  const draw = (now: SessionDetail): void => {
    fill(head, ...headOf(now, timeZone));
    // what was opened stays open when the numbers are refreshed
    const open = [...rest.querySelectorAll("details")].map((one) => one.open);
    fill(rest, ...restOf(now, timeZone, refresh));
    rest.querySelectorAll("details").forEach((one, index) => (one.open = open[index] ?? false));
  };
  const drawCharts = async (): Promise<void> => {
    const [series, { sessionCharts }] = await Promise.all([api.series(parameter), import("../charts")]);
    if (!signal.aborted) fill(charts, ...chartsOf(series, timeZone, sessionCharts));
  };
  let shown = session;
  const refresh = async (): Promise<void> => {
    const now = await api.session(parameter);
    if (signal.aborted || JSON.stringify(now) === JSON.stringify(shown)) return;
    const isComputed = now.recomputed_at !== shown.recomputed_at || now.readings_count !== shown.readings_count;
    shown = now;
    draw(now);
    if (isComputed) await drawCharts();
  };
  draw(session);
  await drawCharts();
  const refreshing = setInterval(() => {
    const isChanging = shown.is_running || isSettling(parameter) || shown.corrections.some((one) => one.status === "pending");
    if (isChanging && !document.hidden) void refresh().catch(() => undefined);
  }, REFRESH_MS);
  signal.addEventListener("abort", () => clearInterval(refreshing));
}

/** Of the member; where that is not to be seen, of this device. */
async function zoneOf(session: SessionDetail): Promise<string> {
  if (!session.member_id) return zoneHere();
  try {
    return (await api.member(session.member_id)).time_zone ?? zoneHere();
  } catch {
    return zoneHere();
  }
}

function headOf(session: SessionDetail, timeZone: string): (Node | null)[] {
  return [
    h("p", { class: "back" }, h("a", { href: "/history" }, "‹ History")),
    h(
      "h1",
      { class: "session-title" },
      dayAndTime(session.started_at, timeZone),
      session.is_running && h("em", {}, "running"),
    ),
    h(
      "p",
      { class: "body" },
      [nameOf(session), session.purpose, session.is_facing_away && "facing away from the console"].filter(Boolean).join(" · "),
    ),
    session.is_running
      ? h(
          "p",
          { class: "notice" },
          `Last step at ${timeOfDay(Date.parse(session.last_moving_at), timeZone)}. Whatever nobody finishes ends by itself, ten minutes after the last step.`,
        )
      : null,
    session.recomputed_at
      ? h(
          "p",
          { class: "notice" },
          `Recomputed with model ${session.model_version} at ${dayAndTime(session.recomputed_at, timeZone)}.`,
        )
      : null,
    h(
      "section",
      { class: "panel session-sums", "aria-label": "Sums" },
      h("p", { class: "sum" }, session.energy.display),
      h("p", { class: "small" }, `gross; ${whole(session.energy.net_kcal)} kcal of it above rest (net)`),
      h(
        "dl",
        { class: "now-times" },
        ...(["forward", "backward"] as const).map((gait) =>
          h(
            "div",
            { class: gait },
            h("dt", {}, gaitIcon(gait), gait === "forward" ? "Forward" : "Backward"),
            h("dd", {}, clock(session[gait].duration_s)),
            h("dd", { class: "small" }, distance(session[gait].distance_m)),
            h("dd", { class: "small" }, session[gait].duration_s > 0 ? `up to ${speed(session[gait].max_speed_m_per_s)}` : " "),
            h("dd", { class: "small" }, session[gait].duration_s > 0 ? session[gait].energy.display : " "),
          ),
        ),
      ),
    ),
    twiceCard(session, timeZone),
  ];
}

function chartsOf(
  series: Series,
  timeZone: string,
  sessionCharts: (series: Series, timeZone: string) => HTMLElement[],
): Node[] {
  if (series.points.length === 0)
    return [h("p", { class: "empty" }, "The single readings of this session are not kept any more; its sums are.")];
  return [
    h("p", { class: "small" }, "Slide a finger along the charts to read them. Backward hangs below the axis."),
    ...sessionCharts(series, timeZone),
    seriesTable(series, timeZone),
  ];
}

function restOf(session: SessionDetail, timeZone: string, refresh: () => Promise<void>): (Node | null)[] {
  return [
    h(
      "section",
      { class: "panel", "aria-label": "More numbers" },
      facts([
        ["Turns", String(session.direction_changes)],
        ["Standing", clock(session.standing_s)],
        ["Heart rate", session.mean_heart_rate_bpm === null ? "–" : `${whole(session.mean_heart_rate_bpm)} mean, ${whole(session.max_heart_rate_bpm)} highest`],
        ["Readings", `${session.readings_count}${session.gaps_count ? `, ${session.gaps_count} gaps (${clock(session.gap_s)})` : ""}`],
      ]),
      session.flags.length > 0 && h("h2", {}, "What makes this estimate less certain"),
      session.flags.length > 0 &&
        h(
          "ul",
          { class: "flags" },
          ...session.flags.map((flag) => h("li", {}, flag.sentence, h("span", { class: "small" }, ` ${clock(flag.duration_s)}`))),
        ),
      h("p", { class: "small" }, `Calorie model ${session.model_version}.`),
    ),
    session.is_running ? null : exportLinks(session),
    session.is_running ? null : correctionsPanel(session, timeZone, refresh),
    session.is_running ? null : removePanel(session),
  ];
}

function exportLinks(session: SessionDetail): HTMLElement {
  const formats = [
    ["fit", "FIT"],
    ["tcx", "TCX"],
    ["csv", "CSV"],
  ] as const;
  return h(
    "section",
    { class: "panel", "aria-labelledby": "take" },
    h("h2", { id: "take" }, "Take it with you"),
    h("p", { class: "small" }, "FIT and TCX for training programs, CSV for tables."),
    h(
      "p",
      { class: "codes" },
      ...formats.map(([format, name]) =>
        h("a", { class: "button", href: api.exportAddress(session.session_id, format), download: true }, name),
      ),
    ),
  );
}

function removePanel(session: SessionDetail): HTMLElement {
  const message = h("p", { class: "message", role: "alert" });
  return h(
    "details",
    { class: "panel corrections" },
    h("summary", {}, "Delete this session"),
    h("p", {}, "Its sums and its readings are removed for ever; summaries and records follow."),
    button(
      "Delete for ever",
      async () => {
        setText(message, "");
        try {
          await api.removeSession(session.session_id);
          go("/history");
        } catch (error) {
          setText(message, inWords(error));
        }
      },
      { class: "danger" },
    ),
    message,
  );
}
