// Which page an address shows, and going from one to the next without loading everything again.

import { h } from "./dom";
import { loading, problemPanel } from "./panels";
import { setConnection, showShell } from "./shell";
import { type Who, who } from "./who";

export interface Visit {
  main: HTMLElement;
  /** What the address holds beyond the page's name, decoded. */
  parameter: string;
  query: URLSearchParams;
  who: Who;
  /** Whose page it is, on pages that need a member. */
  memberId: string;
  /** Aborted when the visitor goes on: everything that a page began ends with it. */
  signal: AbortSignal;
}

export interface Page {
  show(visit: Visit): Promise<void> | void;
}

interface Route {
  path: RegExp;
  title: string;
  load(): Promise<Page>;
  /** open: for everybody; entrance: for who has not signed in; member: somebody who trains */
  for: "open" | "entrance" | "signed-in" | "member" | "staff";
}

const ROUTES: Route[] = [
  { path: /^\/$/, title: "Treadmills", for: "signed-in", load: () => import("./pages/treadmills") },
  { path: /^\/treadmills$/, title: "Treadmills", for: "signed-in", load: () => import("./pages/treadmills") },
  { path: /^\/(sign-in|join|set-up)$/, title: "Welcome", for: "entrance", load: () => import("./pages/entrance") },
  { path: /^\/(?:t\/([^/]+)|treadmills\/[^/]+\/[^/]+)$/, title: "Treadmill", for: "member", load: () => import("./pages/treadmill") },
  { path: /^\/now$/, title: "Now", for: "member", load: () => import("./pages/now") },
  { path: /^\/history$/, title: "History", for: "member", load: () => import("./pages/history") },
  { path: /^\/sessions\/([^/]+)$/, title: "Session", for: "signed-in", load: () => import("./pages/session") },
  { path: /^\/summary$/, title: "Summary", for: "member", load: () => import("./pages/summary") },
  { path: /^\/profile$/, title: "Profile", for: "member", load: () => import("./pages/profile") },
  { path: /^\/my-data$/, title: "My data", for: "member", load: () => import("./pages/my-data") },
  { path: /^\/erasures\/([^/]+)$/, title: "Your erasure", for: "open", load: () => import("./pages/receipt") },
  { path: /^\/floor$/, title: "Floor", for: "staff", load: () => import("./pages/floor") },
  { path: /^\/account$/, title: "Account", for: "signed-in", load: () => import("./pages/account") },
  { path: /^\/more$/, title: "More", for: "open", load: () => import("./pages/more") },
  { path: /^\/learn$/, title: "Does running backwards burn twice?", for: "open", load: () => import("./pages/learn") },
  { path: /^\/gym$/, title: "Gym", for: "staff", load: () => import("./pages/gym") },
  { path: /^\/members\/([^/]+)$/, title: "Member", for: "signed-in", load: () => import("./pages/member") },
];

let leaving = new AbortController();
let shownAddress = "";

/** Goes to another page of ours. */
export function go(address: string, { isReplacing = false } = {}): void {
  if (isReplacing) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  void show({ isMoved: true });
}

/** Shows the present page anew, as after a change of units. */
export const refresh = (): Promise<void> => show({ isMoved: false });

async function show({ isMoved }: { isMoved: boolean }): Promise<void> {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const address = new URL(location.href);
  shownAddress = address.pathname + address.search;
  const found = ROUTES.find((route) => route.path.test(address.pathname));
  const main = document.getElementById("main") as HTMLElement;
  try {
    if (!found) throw new Error("There is no such page.");
    const [page, visitor] = await Promise.all([found.load().catch(renewed), who()]);
    if (signal.aborted) return;
    if (isElsewhere(found, visitor, address)) return;
    document.title = `${found.title} · Backstride`;
    document.body.dataset.page = found.title.toLowerCase().replace(/\W+/g, "-");
    setConnection(null);
    showShell(visitor, address.pathname);
    main.replaceChildren(loading());
    const parameter = decodeURIComponent(found.path.exec(address.pathname)?.[1] ?? "");
    const visit = { main, parameter, query: address.searchParams, who: visitor, memberId: visitor.memberId ?? "", signal };
    if (found.for === "member" && !visitor.memberId) await (await import("./pages/choose-member")).show(visit);
    else await page.show(visit);
    if (signal.aborted || !isMoved) return;
    scrollTo(0, 0);
    // readers hear where they have come to
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) main.replaceChildren(h("h1", {}, found?.title ?? "Not here"), problemPanel(error, refresh));
  }
}

const RENEWED_KEY = "backstride_renewed";
const RENEW_AGAIN_AFTER_MS = 30_000;

/** A page whose file is gone belongs to an older version than the gateway's: everything is loaded anew, once. */
function renewed(error: unknown): Promise<never> {
  const before_ms = Number(sessionStorage.getItem(RENEWED_KEY) ?? 0);
  if (!navigator.onLine || Date.now() - before_ms < RENEW_AGAIN_AFTER_MS) throw error;
  sessionStorage.setItem(RENEWED_KEY, String(Date.now()));
  location.reload();
  return new Promise(() => undefined);
}

/** Sends who cannot see a page to where they can go. */
function isElsewhere(route: Route, visitor: Who, address: URL): boolean {
  if (route.for === "open") return false;
  const instead = (target: string): true => {
    go(target, { isReplacing: true });
    return true;
  };
  if (route.for === "entrance") {
    if (visitor.isDemo) return instead("/");
    if (visitor.account && address.pathname !== "/join") return instead("/");
    if (!visitor.isSetUp && address.pathname !== "/set-up") return instead("/set-up");
    return visitor.isSetUp && address.pathname === "/set-up" ? instead("/sign-in") : false;
  }
  if (!visitor.isSetUp) return instead("/set-up");
  if (!visitor.isDemo && !visitor.account) {
    const next = address.pathname === "/" ? "" : `?next=${encodeURIComponent(address.pathname)}`;
    return instead(`/sign-in${next}`);
  }
  if (route.for === "staff" && !visitor.isStaff) return instead("/now");
  // who comes to train wants their own numbers first
  return address.pathname === "/" && !visitor.isStaff ? instead("/now") : false;
}

export function startRouter(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const to = new URL(link.href, location.href);
    const isOurs = to.origin === location.origin && !link.hasAttribute("download") && !link.target;
    if (!isOurs || to.hash || !ROUTES.some((route) => route.path.test(to.pathname))) return;
    event.preventDefault();
    go(to.pathname + to.search);
  });
  window.addEventListener("popstate", () => {
    // a mark within the page, such as "skip to content", leads nowhere else
    if (location.pathname + location.search !== shownAddress) void show({ isMoved: true });
  });
  void show({ isMoved: false });
}
