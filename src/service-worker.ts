/// <reference types="@sveltejs/kit" />
/// <reference lib="webworker" />
import { base, build, files, prerendered, version } from '$service-worker';

// An incident is worked on where the network may be the thing that is broken: after one visit the page needs none. Nothing but this
// build's own files is ever kept, and nothing from another origin is touched.

const scope = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'undertone-';
const CACHE = `${PREFIX}${version}`;

/** The demonstration case is megabytes that most visits never open: its files are kept when they are first asked for. */
const ON_FIRST_USE = `${base}/demo/`;
const assets = new Set([...build, ...files, ...prerendered]);

scope.addEventListener('install', (event) => {
  // Past the browser's own cache, which may hold the page of the build before under the same name.
  const first = [...assets]
    .filter((path) => !path.startsWith(ON_FIRST_USE))
    .map((path) => new Request(path, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(first)));
});

// There is no skipWaiting: a page that was loaded from one build goes on with that build's files until it is closed.
scope.addEventListener('activate', (event) => {
  event.waitUntil(removeOldCaches());
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== scope.location.origin || request.headers.has('range'))
    return;
  if (assets.has(url.pathname)) event.respondWith(fromCache(url.pathname, request));
});

async function removeOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function fromCache(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.status === 200) await cache.put(path, response.clone());
  return response;
}
