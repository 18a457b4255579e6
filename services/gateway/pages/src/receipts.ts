// The way to a receipt: it is read by a code, for the account that asked is gone by then.

import type { ErasureStarted } from "./api-types";

const KEY = "backstride_receipt";

/** Keeps the code until this tab is closed, so that loading the page again still finds it. */
export function keepReceipt(begun: ErasureStarted): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(begun));
    localStorage.removeItem("backstride_demo_member");
  } catch {
    // the code stands in the address too
  }
}

export function keptCode(erasure_id: string): string | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as ErasureStarted | null;
    return kept?.erasure_id === erasure_id ? kept.receipt_code : null;
  } catch {
    return null;
  }
}
