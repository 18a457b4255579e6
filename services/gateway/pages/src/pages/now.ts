// My treadmill, now: to be read at arm's length while walking.

import type { MemberDetail, Treadmill } from "../api-types";
import * as api from "../api";
import { h, setHidden } from "../dom";
import { followLive } from "../live";
import { learnNames } from "../names";
import { NowPanel } from "../now-panel";
import type { Visit } from "../router";
import { setConnection } from "../shell";
import { startPanel } from "../start-panel";
import { followVisibility } from "../wake-lock";

const TICK_MS = 1_000;

const keyOf = (treadmill: Treadmill): string => `${treadmill.gym_id}/${treadmill.treadmill_id}`;

export async function show({ main, memberId, signal }: Visit): Promise<void> {
  const [member, { treadmills }] = await Promise.all([api.member(memberId), api.treadmills()]);
  await Promise.all([...new Set(treadmills.map((one) => one.gym_id))].map(learnNames));
  if (signal.aborted) return;
  const now = new NowPanel(member);
  const start = startPanel(member);
  main.replaceChildren(h("h1", { class: "unseen" }, "Now"), now.element, start.element);
  followVisibility(signal);

  let mine: string | null = null;
  let following = new AbortController();
  signal.addEventListener("abort", () => following.abort());

  const follow = (): void => {
    following.abort();
    following = new AbortController();
    const connection = (isOpen: boolean): void => {
      setConnection(isOpen);
      now.setConnection(isOpen);
    };
    // alone on the stream: a phone need not hear the whole gym
    followLive({ picture, treadmill: take, connection }, following.signal, mine ?? undefined);
  };
  const settle = (held: Treadmill | undefined): void => {
    const before = mine;
    mine = held ? keyOf(held) : null;
    setHidden(now.element, !held);
    setHidden(start.element, Boolean(held));
    if (held) now.show(held);
    else now.leave();
    if (before !== mine && !signal.aborted) follow();
  };
  const picture = (found: Treadmill[]): void => {
    start.show(found);
    settle(found.find((one) => isMine(one, member)));
  };
  const take = (one: Treadmill): void => {
    if (isMine(one, member)) settle(one);
    else if (mine === keyOf(one)) settle(undefined);
    start.update(one);
  };

  start.show(treadmills);
  settle(treadmills.find((one) => isMine(one, member)));
  if (mine === null) follow();
  const ticking = setInterval(() => now.tick(), TICK_MS);
  signal.addEventListener("abort", () => clearInterval(ticking));
}

function isMine(treadmill: Treadmill, member: MemberDetail): boolean {
  return treadmill.claim?.member_id === member.member_id;
}
