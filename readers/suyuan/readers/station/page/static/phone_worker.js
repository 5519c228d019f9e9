// Opens the phone's page without network: keeps it with its style and script, and nothing else. What was read is
// not here but in the page's own queue; what the station says of it always comes from the station.
"use strict";

const KEPT = "suyuan-phone";
const SHELL = "/phone/shell";
const WAIT_MS = 4000; // a network that says nothing for so long is none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The page says, when the station is there, which files it is made of.
self.addEventListener("message", (event) => {
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep([SHELL, ...event.data.keep]).catch(() => undefined)); // as it was
});

// All or nothing: a page without its script would be worse than the last one that was whole. So the shell comes
// last, once all that it asks for is kept.
async function keep(paths) {
  const cache = await caches.open(KEPT);
  const answers = await Promise.all(paths.map(async (path) => {
    const held = path === SHELL ? undefined : await cache.match(path); // the name of a file changes with its content
    const answer = held ?? await fetch(path, { redirect: "error" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer;
  }));
  for (const at of [...paths.keys()].reverse()) await cache.put(paths[at], answers[at]);
  for (const old of await cache.keys()) {
    if (!paths.includes(new URL(old.url).pathname)) await cache.delete(old);
  }
}

async function opened(request) {
  const held = await (await caches.open(KEPT)).match(SHELL);
  if (!held) return fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS, held));
  return Promise.race([fetch(request).catch(() => held), late]);
}

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && pathname === "/phone") event.respondWith(opened(event.request));
  else if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(event.request).then((held) => held ?? fetch(event.request)));
  }
});
