// Asks the API; a problem+json becomes an error whose message can be shown.

import type {
  AccountView,
  ClaimBody,
  Entrance,
  FaultAsked,
  GymList,
  JoinCodeView,
  MemberDetail,
  MemberList,
  MemberSummary,
  OneTimeCodeView,
  Problem,
  RegisteredTreadmillList,
  Series,
  Session,
  SessionList,
  Status,
  TreadmillBody,
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
  const csrf = csrfToken();
  const response = await fetch(path, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(csrf && method !== "GET" && { "X-CSRF-Token": csrf }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await response.json()) as T;
  // the entrance itself says what was wrong with a password
  if (response.status === 401 && path !== "/v1/session") location.assign("/sign-in");
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json"))
    throw new ProblemError((await response.json()) as Problem);
  throw new Error(`${response.status} ${response.statusText}`);
}

const part = encodeURIComponent;

export const status = (): Promise<Status> => ask("/v1/status");
export const killProcessor = (): Promise<FaultAsked> => ask("/v1/demo/kill-processor", {});
export const members = (): Promise<MemberList> => ask("/v1/members");
export const member = (id: string): Promise<MemberDetail> => ask(`/v1/members/${part(id)}`);

export const sessions = (member_id: string, cursor: string | null): Promise<SessionList> =>
  ask(`/v1/members/${part(member_id)}/sessions?limit=10${cursor ? `&cursor=${part(cursor)}` : ""}`);

export const summary = (member_id: string, from: string): Promise<MemberSummary> =>
  ask(`/v1/members/${part(member_id)}/summary?period=day&from=${from}`);

export const session = (id: string): Promise<Session> => ask(`/v1/sessions/${part(id)}`);
export const series = (id: string): Promise<Series> => ask(`/v1/sessions/${part(id)}/series`);

export const claim = (gym_id: string, treadmill_id: string, body: ClaimBody): Promise<unknown> =>
  ask(`/v1/treadmills/${part(gym_id)}/${part(treadmill_id)}/claim`, body);

export const release = (gym_id: string, treadmill_id: string): Promise<unknown> =>
  ask(`/v1/treadmills/${part(gym_id)}/${part(treadmill_id)}/release`, {});

export const entrance = (): Promise<Entrance> => ask("/v1/entrance");
export const enter = (
  way: "session" | "join" | "set-up" | "password-reset",
  values: Record<string, string>,
): Promise<AccountView> => ask(`/v1/${way}`, values);
export const account = (): Promise<AccountView> => ask("/v1/account");
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
export const renewJoinCode = (gym_id: string): Promise<JoinCodeView> =>
  ask(`/v1/gyms/${part(gym_id)}/join-code`, {}, "PUT");
