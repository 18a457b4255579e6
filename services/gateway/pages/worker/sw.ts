// Works without network: the files of the pages are kept on this device, and nothing of a person.
//
// What the API answers is never kept here: /v1 is not even looked at. Whoever signs out leaves only
// files behind that are the same for everybody.

const worker = self as unknown as ServiceWorkerGlobalScope & { PRECACHE: { version: string; files: string[] } };

// written by the build: every file of the pages, and a version that changes with any of them
const { version, files } = worker.PRECACHE;
const CACHE = `backstride-${version}`;

worker.addEventListener("install", (event) => {
  // a new version takes over at once: its pages and its files belong together
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(["/", ...files]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  // the files have their content in their names: what is kept is right
  if (pathname.startsWith("/assets/")) event.respondWith(kept(request));
  else if (request.mode === "navigate" && !isNotOurs(pathname)) event.respondWith(shell(request));
});

const isNotOurs = (pathname: string): boolean => /^\/(v1|docs|openapi|metrics|healthz|readyz|gym\/sheet)/.test(pathname);

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** The network first, so that a new version is seen at once; the kept shell where there is none. */
async function shell(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await caches.match("/");
    if (found) return found;
    throw error;
  }
}

export {};
