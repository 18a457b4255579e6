// Asks the API; a problem+json becomes an error whose message can be shown.

import type {
  ClaimBody,
  MemberDetail,
  MemberList,
  MemberSummary,
  Problem,
  Series,
  Session,
  SessionList,
  Status,
} from "./api-types";

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(path, {
    signal: AbortSignal.timeout(10_000),
    ...(body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  if (response.ok) return (await response.json()) as T;
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json"))
    throw new ProblemError((await response.json()) as Problem);
  throw new Error(`${response.status} ${response.statusText}`);
}

const part = encodeURIComponent;

export const status = (): Promise<Status> => ask("/v1/status");
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
