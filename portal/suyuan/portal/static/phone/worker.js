/* The service worker: keeps the page and its files, so that the phone works with the network away.
   VERSION and KEPT are written before this by the server. Data never pass through here. */

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(VERSION);
    await cache.addAll(KEPT.map((path) => new Request(path, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== VERSION) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const path = url.pathname === "/phone" ? `${url.pathname}${language(url)}` : url.pathname;
  if (event.request.method !== "GET" || url.origin !== location.origin || !KEPT.includes(path)) return;
  event.respondWith((async () => {
    const cache = await caches.open(VERSION);
    return (await cache.match(path, { ignoreVary: true })) ?? fetch(event.request);
  })());
});

/** The query that tells the language; whatever else stands in an address changes nothing of the page. */
function language(url) {
  const chosen = url.searchParams.get("lang");
  return chosen && KEPT.includes(`/phone?lang=${chosen}`) ? `?lang=${chosen}` : "";
}
