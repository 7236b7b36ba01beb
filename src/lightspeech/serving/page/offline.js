// Where the page is of static files: what was loaded once is there without a network too.

const CACHE = new URL(location).search; // the version of the files

async function keep() {
  const { files } = await (await fetch("./models.json")).json();
  await (await caches.open(CACHE)).addAll(["./", ...files]);
  await self.skipWaiting();
}

async function clean() {
  const others = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (!kept) throw error;
    return kept;
  }
}

self.oninstall = (event) => event.waitUntil(keep());
self.onactivate = (event) => event.waitUntil(clean());
self.onfetch = (event) => event.respondWith(answer(event.request));
