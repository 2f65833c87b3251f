// Shows a page of our own when the server cannot be reached. It keeps nothing that anybody has read.
const KEPT = {{ kept|tojson }}; // the page, and the stylesheets that it needs
const CACHE = {{ name|tojson }};

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((address) => new Request(address, { credentials: "omit" })));
  await self.skipWaiting();
}

async function tidy() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.registration.navigationPreload?.enable(); // so that no page waits for this script
}

async function answer(event, address) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(address)) ?? Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") event.respondWith(answer(event, KEPT[0]));
  else if (KEPT.includes(new URL(request.url).pathname)) event.respondWith(answer(event, request.url));
});
