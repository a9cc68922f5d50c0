// A live server against bad requests: it answers what its rules allow, stays up, and does not grow.
import { gzipSync } from 'node:zlib';
import { Product } from '../faults/product.mjs';
import { JSON_BODIES, NDJSON, PROTOBUF, pictures } from './corpus.mjs';
import { mutate, randomOf } from './mutate.mjs';

/** Longer than that is a hang, on a busy machine too. */
const ANSWER_MS = 60_000;
const AT_ONCE = 8;
/** Caches, code and heap settle below this on a server that was just started. */
const GROWTH_MB = 400;
const pick = (list, random) => list[random(list.length)];

function requestOf(product, images, random) {
  const otlp = product.traces.slice(0, -'traces'.length);
  const signal = pick(['traces', 'metrics', 'logs'], random);
  const packed = random(4) === 0;
  const send = (url, type, body) => ({
    url,
    method: 'POST',
    headers: { 'content-type': type, ...(packed && { 'content-encoding': 'gzip' }) },
    // Half of the packed ones are broken inside, half outside.
    body: packed
      ? random(2) === 0
        ? gzipSync(mutate(body, random))
        : mutate(gzipSync(body), random)
      : mutate(body, random),
  });
  switch (random(6)) {
    case 0:
    case 1:
      return send(otlp + signal, 'application/x-protobuf', pick(PROTOBUF[signal], random));
    case 2:
      return send(otlp + signal, 'application/json', pick(JSON_BODIES[signal], random));
    case 3:
    case 4:
      return send(`${product.url}/api/v1/events`, 'application/x-ndjson', pick(NDJSON, random));
    default: {
      const type = pick(Object.keys(images), random);
      const place = pick(['thumbnails', 'artifacts'], random);
      return {
        url: `${product.url}/api/v1/${place}/i${random(50)}`,
        method: 'PUT',
        headers: { 'content-type': type },
        body: mutate(images[type], random),
      };
    }
  }
}

export async function fuzzLive({ seed, runs }) {
  const images = await pictures();
  const product = await Product.start();
  const statuses = {};
  let failure;
  let next = 0;
  async function client() {
    while (next < runs && !failure) {
      const run = next++;
      const { url, ...request } = requestOf(product, images, randomOf(seed, run));
      const fail = (error) => {
        failure ??= { run, error, url, input: request.body.toString('base64') };
      };
      try {
        const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
        const text = await answer.text();
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        const overload = answer.status === 503 && answer.headers.get('retry-after') !== null;
        if (answer.status >= 500 && !overload) fail(`answered ${answer.status} ${text.slice(0, 300)}`);
      } catch (error) {
        fail(`no answer: ${error} ${error.cause ?? ''}\n${product.log.slice(-2000)}`);
      }
    }
  }
  try {
    const warm = Math.min(runs, 500);
    const all = runs;
    runs = warm;
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    const before = product.residentMb();
    runs = all;
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    if (!failure) await product.flush();
    const after = product.residentMb();
    if (!failure && product.ended) failure = { error: `the server ended: ${JSON.stringify(product.ended)}` };
    if (!failure && after > before + GROWTH_MB)
      failure = { error: `memory grew from ${Math.round(before)} to ${Math.round(after)} MB` };
    const letters = failure ? 0 : (await product.status()).dead_letters;
    if (letters > 0) failure = { error: `${letters} segments were refused by the store` };
    return { failure, statuses, rss_before_mb: Math.round(before), rss_after_mb: Math.round(after) };
  } finally {
    await product.stop();
  }
}
