// Asks the API; a problem+json becomes an error whose message can be shown.

import type {
  AccountView,
  AlertList,
  CardBody,
  CardList,
  CardView,
  ClaimBody,
  Correction,
  CorrectionBody,
  Entrance,
  Erasure,
  ErasureBody,
  ErasureStarted,
  FaultAsked,
  GoalsBody,
  GymList,
  JoinCodeView,
  MassBody,
  MassList,
  MemberDetail,
  MemberExport,
  MemberList,
  MembershipList,
  MemberSummary,
  MemberView,
  NewTokenBody,
  NewTokenView,
  OneTimeCodeView,
  PasswordBody,
  Precautions,
  Problem,
  ProfileBody,
  RecordList,
  RegisteredTreadmillList,
  Series,
  SessionDetail,
  SessionList,
  Status,
  Streaks,
  TakeOverBody,
  TokenList,
  TreadmillBody,
  TreadmillByCode,
  TreadmillList,
  WeekGoals,
} from "./api-types";

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }
}

/** What a page repeats to change anything; there is none in a demonstration, or before sign-in. */
function csrfToken(): string | null {
  return /(?:^|; )backstride_csrf=([0-9a-f]+)/.exec(document.cookie)?.[1] ?? null;
}

export const isSignedIn = (): boolean => csrfToken() !== null;

async function ask<T>(path: string, body?: object, method = body ? "POST" : "GET"): Promise<T> {
  return (await answerOf(path, body, method)).json;
}

interface Answer {
  json: any;
  etag: string | null;
}

async function answerOf(
  path: string,
  body?: object,
  method = body ? "POST" : "GET",
  etag: string | null = null,
): Promise<Answer> {
  const csrf = csrfToken();
  const response = await fetch(path, {
    method,
    // what is a person's stays in no cache of the browser beyond sign-out
    cache: "no-store",
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(csrf && method !== "GET" && { "X-CSRF-Token": csrf }),
      ...(etag && method !== "GET" && { "If-Match": etag }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const tag = response.headers.get("ETag");
  if (response.status === 204) return { json: undefined, etag: tag };
  if (response.ok) return { json: await response.json(), etag: tag };
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json"))
    throw new Error(`${response.status} ${response.statusText}`);
  const problem = (await response.json()) as Problem;
  // signed out meanwhile, elsewhere or by time; a wrong password is answered by 401 too
  if (problem.type === NOT_SIGNED_IN && path !== "/v1/account") location.assign("/sign-in");
  throw new ProblemError(problem);
}

const NOT_SIGNED_IN = "urn:backstride:problem:not-signed-in";
const part = encodeURIComponent;

/** A query of what is there; what is empty is left out. */
function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && value !== "") found.set(name, String(value));
  const text = found.toString();
  return text && `?${text}`;
}

export const status = (): Promise<Status> => ask("/v1/status");
export const killProcessor = (): Promise<FaultAsked> => ask("/v1/demo/kill-processor", {});
export const members = (): Promise<MemberList> => ask("/v1/members");
export const member = (id: string): Promise<MemberDetail> => ask(`/v1/members/${part(id)}`);

export interface SessionQuery {
  from?: string;
  to?: string;
  purpose?: string;
  has_backward?: string;
  limit?: number;
}
export const sessions = (
  member_id: string,
  cursor: string | null,
  asked: SessionQuery = {},
): Promise<SessionList> => ask(`/v1/members/${part(member_id)}/sessions${query({ limit: 10, ...asked, cursor })}`);

export interface SummaryQuery {
  period: "day" | "week" | "month" | "year" | "all";
  from?: string;
  to?: string;
}
export const summary = (member_id: string, asked: SummaryQuery): Promise<MemberSummary> =>
  ask(`/v1/members/${part(member_id)}/summary${query({ ...asked })}`);

export const records = (member_id: string): Promise<RecordList> => ask(`/v1/members/${part(member_id)}/records`);
export const streak = (member_id: string): Promise<Streaks> => ask(`/v1/members/${part(member_id)}/streak`);
export const goals = (member_id: string): Promise<WeekGoals> => ask(`/v1/members/${part(member_id)}/goals`);
export const setGoals = (member_id: string, body: GoalsBody): Promise<WeekGoals> =>
  ask(`/v1/members/${part(member_id)}/goals`, body, "PUT");

export interface Tagged<T> {
  value: T;
  etag: string | null;
}
/** The profile with its version, so that a change says what it was made to. */
export async function profile(member_id: string): Promise<Tagged<MemberDetail>> {
  const { json, etag } = await answerOf(`/v1/members/${part(member_id)}`);
  return { value: json as MemberDetail, etag };
}
export const setProfile = async (member_id: string, body: ProfileBody, etag: string | null): Promise<void> => {
  await answerOf(`/v1/members/${part(member_id)}`, body, "PUT", etag);
};
export const masses = (member_id: string): Promise<MassList> => ask(`/v1/members/${part(member_id)}/masses`);
export const noteMass = (member_id: string, body: MassBody): Promise<MassList> =>
  ask(`/v1/members/${part(member_id)}/masses`, body);
export const removeMass = (member_id: string, valid_from_on: string): Promise<void> =>
  ask(`/v1/members/${part(member_id)}/masses/${part(valid_from_on)}`, undefined, "DELETE");
export const precautions = (member_id: string): Promise<Precautions> =>
  ask(`/v1/members/${part(member_id)}/precautions`);
export const acceptPrecautions = (member_id: string, version: string): Promise<Precautions> =>
  ask(`/v1/members/${part(member_id)}/precautions`, { version });
export const takeOver = (gym_id: string, treadmill_id: string, body: TakeOverBody): Promise<unknown> =>
  ask(`/v1/treadmills/${part(gym_id)}/${part(treadmill_id)}/take-over`, body);

export const session = (id: string): Promise<SessionDetail> => ask(`/v1/sessions/${part(id)}`);
export const series = (id: string): Promise<Series> => ask(`/v1/sessions/${part(id)}/series`);
export const correct = (id: string, body: CorrectionBody): Promise<Correction> =>
  ask(`/v1/sessions/${part(id)}/corrections`, body);
export const removeSession = (id: string): Promise<unknown> => ask(`/v1/sessions/${part(id)}`, undefined, "DELETE");
export const erase = (member_id: string, body: ErasureBody): Promise<ErasureStarted> =>
  ask(`/v1/members/${part(member_id)}/erasure`, body);
export const erasure = (id: string, code: string): Promise<Erasure> => ask(`/v1/erasures/${part(id)}${query({ code })}`);
export const beginExport = (member_id: string): Promise<MemberExport> => ask(`/v1/members/${part(member_id)}/exports`, {});
export const exportState = (member_id: string, export_id: string): Promise<MemberExport> =>
  ask(`/v1/members/${part(member_id)}/exports/${part(export_id)}`);
/** Where a session's file is taken from, by a link. */
export const exportAddress = (session_id: string, format: "fit" | "tcx" | "csv"): string =>
  `/v1/sessions/${part(session_id)}/export?format=${format}`;
export const setConsolePin = (member_id: string, pin: string): Promise<void> =>
  ask(`/v1/members/${part(member_id)}/console-pin`, { pin }, "PUT");
export const removeConsolePin = (member_id: string): Promise<void> =>
  ask(`/v1/members/${part(member_id)}/console-pin`, undefined, "DELETE");
export const addCard = (member_id: string, body: CardBody): Promise<CardView> => ask(`/v1/members/${part(member_id)}/cards`, body);
export const cards = (member_id: string): Promise<CardList> => ask(`/v1/members/${part(member_id)}/cards`);
export const removeCard = (member_id: string, card_id: string): Promise<void> =>
  ask(`/v1/members/${part(member_id)}/cards/${part(card_id)}`, undefined, "DELETE");
export const memberships = (): Promise<MembershipList> => ask("/v1/account/gyms");
export const joinGym = (code: string): Promise<unknown> => ask("/v1/account/gyms", { code });
export const leaveGym = (gym_id: string): Promise<void> => ask(`/v1/account/gyms/${part(gym_id)}`, undefined, "DELETE");
export const acknowledge = (alert_id: string): Promise<unknown> => ask(`/v1/alerts/${part(alert_id)}/acknowledge`, {});
export const treadmills = (): Promise<TreadmillList> => ask("/v1/treadmills");
export const treadmillByCode = (code: string): Promise<TreadmillByCode> => ask(`/v1/t/${part(code)}`);
export const alerts = (isActive: boolean): Promise<AlertList> => ask(`/v1/alerts${query({ active: isActive, limit: 50 })}`);

export const claim = (gym_id: string, treadmill_id: string, body: ClaimBody): Promise<unknown> =>
  ask(`/v1/treadmills/${part(gym_id)}/${part(treadmill_id)}/claim`, body);

export const release = (gym_id: string, treadmill_id: string, member_id?: string): Promise<unknown> =>
  ask(`/v1/treadmills/${part(gym_id)}/${part(treadmill_id)}/release`, member_id ? { member_id } : {});

export const entrance = (): Promise<Entrance> => ask("/v1/entrance");
export const enter = (
  way: "session" | "join" | "set-up" | "password-reset",
  values: Record<string, string | boolean>,
): Promise<AccountView> => ask(`/v1/${way}`, values);
export const account = (): Promise<AccountView> => ask("/v1/account");
export const changePassword = (body: PasswordBody): Promise<unknown> => ask("/v1/account/password", body, "PUT");
export const tokens = (): Promise<TokenList> => ask("/v1/account/tokens");
export const makeToken = (body: NewTokenBody): Promise<NewTokenView> => ask("/v1/account/tokens", body);
export const revokeToken = (id: string): Promise<void> => ask(`/v1/account/tokens/${part(id)}`, undefined, "DELETE");
export const signOutEverywhere = (): Promise<void> => ask("/v1/account/sessions", undefined, "DELETE");
export const signOut = (): Promise<void> => ask("/v1/account/session", undefined, "DELETE");

export const gyms = (): Promise<GymList> => ask("/v1/gyms");
export const registered = (gym_id: string): Promise<RegisteredTreadmillList> =>
  ask(`/v1/gyms/${part(gym_id)}/treadmills`);
export const register = (gym_id: string, body: TreadmillBody): Promise<unknown> =>
  ask(`/v1/gyms/${part(gym_id)}/treadmills`, body);
export const unregister = (gym_id: string, treadmill_id: string): Promise<void> =>
  ask(`/v1/gyms/${part(gym_id)}/treadmills/${part(treadmill_id)}`, undefined, "DELETE");
export const invite = (gym_id: string): Promise<OneTimeCodeView> =>
  ask(`/v1/gyms/${part(gym_id)}/invitations`, { role: "member" });
export const memberByNumber = (gym_id: string, member_number: string): Promise<MemberView> =>
  ask(`/v1/gyms/${part(gym_id)}/members/${part(member_number)}`);
export const resetCode = (gym_id: string, sign_in_name: string): Promise<OneTimeCodeView> =>
  ask(`/v1/gyms/${part(gym_id)}/reset-codes`, { sign_in_name });
export const renewJoinCode = (gym_id: string): Promise<JoinCodeView> =>
  ask(`/v1/gyms/${part(gym_id)}/join-code`, {}, "PUT");
