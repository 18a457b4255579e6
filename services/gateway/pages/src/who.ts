// Who looks at these pages: asked once, and again after signing in or out.

import type { AccountView } from "./api-types";
import * as api from "./api";

export interface Who {
  isDemo: boolean;
  isSetUp: boolean;
  account: AccountView | null;
  /** Whose sessions "my" pages show; in a demonstration whoever was chosen on this device. */
  memberId: string | null;
  isStaff: boolean;
}

const DEMO_MEMBER_KEY = "backstride_demo_member";
let known: Promise<Who> | undefined;

export function who(): Promise<Who> {
  known ??= ask().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}

export function forgetWho(): void {
  known = undefined;
}

export function chooseDemoMember(member_id: string): void {
  localStorage.setItem(DEMO_MEMBER_KEY, member_id);
  forgetWho();
}

async function ask(): Promise<Who> {
  const { is_demo: isDemo, is_set_up: isSetUp } = await api.entrance();
  if (isDemo) return { isDemo, isSetUp, account: null, memberId: localStorage.getItem(DEMO_MEMBER_KEY) || null, isStaff: true };
  const account = api.isSignedIn() ? await api.account().catch(signedOut) : null;
  return {
    isDemo,
    isSetUp,
    account,
    memberId: account?.member_id ?? null,
    isStaff: account !== null && account.role !== "member",
  };
}

function signedOut(error: unknown): null {
  if (error instanceof api.ProblemError && error.problem.status === 401) return null;
  throw error;
}
