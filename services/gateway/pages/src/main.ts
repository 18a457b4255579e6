// Where every page begins.

import "./styles/base.css";
import "./styles/treadmills.css";
import "./styles/member.css";
import "./styles/forms.css";
import "./styles/shell.css";
import "./styles/now.css";
import "./styles/history.css";
import "./styles/floor.css";
import { onUnits } from "./preferences";
import { refresh, startRouter } from "./router";
import { followNetwork } from "./shell";

onUnits(() => void refresh());
followNetwork();
startRouter();
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // after the page itself: what it needs comes first
  window.addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => undefined));
}
