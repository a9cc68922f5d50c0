// Senders that do as SDKs do: the same bytes again until they are acknowledged, and now and then once more after it.
import { randomBytes } from 'node:crypto';
import { sleep } from './product.mjs';
import { span, traces } from './protobuf.mjs';

const HOUR_MS = 3_600_000;
const TENANTS = ['studio-a', 'studio-b', 'studio-c'];
const MODELS = ['v6', 'v7'];
const RETRYABLE = new Set([429, 502, 503, 504]);

/** What was sent and what was answered. Batches are told apart by the attribute `faults.batch` of their rows. */
export class Ledger {
  /** Batch → rows of it that were acknowledged. */
  acked = new Map();
  /** Batches that their sender gave up: stored whole or not at all. */
  abandoned = new Map();
  /** Answers that no rule allows. */
  wrong = [];
  refused = 0;
  refusedWithoutRetryAfter = 0;
  resent = 0;
  /** Milliseconds from the first byte to the acknowledgement, of requests that were taken at once. */
  ackMs = [];
  pictures = [];

  get rows() {
    return [...this.acked.values()].reduce((sum, rows) => sum + rows, 0);
  }
}

/** What was begun when the senders are told to stop is acknowledged within this time. */
const DRAIN_MS = 90_000;

let batches = 0;
const nanos = (ms) => BigInt(Math.round(ms)) * 1_000_000n;
const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** Times of a request within one hour: now, or in one of some hours that are closed. */
function times() {
  const duration = 200 + Math.random() * 4000;
  let end = Math.random() < 0.7 ? Date.now() - 100 : Date.now() - (2 + Math.random() * 4) * HOUR_MS;
  const hour = Math.floor(end / HOUR_MS) * HOUR_MS;
  if (end - duration < hour) end = hour - 60_000;
  return { end, generated: end - duration * 0.1, start: end - duration, duration };
}

function newRequest() {
  const id = randomBytes(16);
  return {
    ...times(),
    id: id.toString('hex'),
    traceId: id,
    rootId: randomBytes(8),
    tenant: pick(TENANTS),
    model: pick(MODELS),
    image: `img-${id.toString('hex').slice(0, 16)}`,
    failed: Math.random() < 0.1,
  };
}

/** Rows of a few requests; the deliver stage of some comes with a later batch. */
function* stages(count, later) {
  while (later.length > 0 && count-- > 0) yield { request: later.shift(), stage: 'deliver' };
  while (count > 0 && !later.closing) {
    const request = newRequest();
    yield { request, stage: 'generate' };
    count--;
    if (count > 0 && Math.random() < 0.8) {
      yield { request, stage: 'deliver' };
      count--;
    } else later.push(request);
  }
}

function otlpBatch(later, most) {
  const key = `o${batches++}`;
  const spans = [];
  for (const { request, stage } of stages(1 + Math.floor(Math.random() * most), later)) {
    const generate = stage === 'generate';
    spans.push(
      span({
        traceId: request.traceId,
        spanId: generate ? randomBytes(8) : request.rootId,
        parentId: generate ? request.rootId : undefined,
        name: stage,
        start: nanos(request.start),
        end: nanos(generate ? request.generated : request.end),
        failed: !generate && request.failed,
        attributes: {
          'faults.batch': key,
          'faults.row': String(spans.length),
          'pegbar.stage': stage,
          'pegbar.tenant': request.tenant,
          'pegbar.request.id': `req-${request.id}`,
          'pegbar.model.version': request.model,
          ...(generate
            ? { 'pegbar.image.id': request.image, 'pegbar.gpu.seconds': 0.5, 'pegbar.cost_usd': 0.25 }
            : {}),
          ...(!generate && request.failed ? { 'pegbar.error.code': 'oom' } : {}),
        },
      }),
    );
    if (generate) later.pictures?.push(request);
  }
  return { key, rows: spans.length, body: traces(spans), type: 'application/x-protobuf' };
}

function eventBatch(later, most, pictures) {
  const key = `e${batches++}`;
  const lines = [];
  const mark = () => ({ 'faults.batch': key, 'faults.row': String(lines.length) });
  for (const { request, stage } of stages(1 + Math.floor(Math.random() * most), later)) {
    const generate = stage === 'generate';
    lines.push({
      type: 'stage',
      request_id: `req-${request.id}`,
      tenant: request.tenant,
      timestamp: Math.round(generate ? request.generated : request.end),
      pipeline_stage: stage,
      model: { version: request.model },
      metrics: {
        latency_ms: Math.round(generate ? request.duration * 0.9 : request.duration),
        ...(generate && { gpu_seconds: 0.5, cost_usd: 0.25 }),
      },
      ...(generate && { image_id: request.image }),
      ...(!generate && request.failed && { error: { code: 'oom', message: 'out of memory' } }),
      attributes: mark(),
    });
    if (generate) later.pictures?.push(request);
  }
  // Facts about pictures that are known already, or will be.
  for (const { image, tenant } of pictures.splice(0, 5)) {
    const about = { image_id: image, tenant, timestamp: Date.now() };
    lines.push({
      ...about,
      type: 'score',
      name: 'aesthetic',
      value: 1 + Math.floor(Math.random() * 9),
      scorer: 'faults',
      scorer_version: '1',
      attributes: mark(),
    });
    const action = pick(['accept', 'accept', 'edit', 'reject']);
    lines.push({ ...about, type: 'feedback', action, attributes: mark() });
  }
  const body = Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
  return { key, rows: lines.length, body, type: 'application/x-ndjson' };
}

/** Sends once. True: acknowledged. False: to be sent again. Anything else that is answered goes to `wrong`. */
async function deliver(product, batch, ledger) {
  const url = batch.type === 'application/x-ndjson' ? `${product.url}/api/v1/events` : product.traces;
  const began = performance.now();
  let answer;
  let body;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': batch.type },
      body: batch.body,
      signal: AbortSignal.timeout(20_000),
    });
    body = Buffer.from(await answer.arrayBuffer());
  } catch {
    return false;
  }
  if (answer.status === 200) {
    if (batch.type === 'application/x-ndjson') {
      const told = JSON.parse(body.toString());
      if (told.accepted + told.duplicates !== batch.rows || told.rejected.length > 0)
        ledger.wrong.push(`${batch.rows} events, answered ${body.toString().slice(0, 300)}`);
    } else if (body.length > 0)
      ledger.wrong.push(`partial success: ${body.toString('latin1').slice(0, 300)}`);
    ledger.acked.set(batch.key, batch.rows);
    ledger.ackMs.push(performance.now() - began);
    return true;
  }
  if (!RETRYABLE.has(answer.status)) {
    ledger.wrong.push(`${answer.status} ${body.toString('latin1').slice(0, 300)}`);
    return true;
  }
  ledger.refused++;
  if (!answer.headers.get('retry-after')) ledger.refusedWithoutRetryAfter++;
  return false;
}

/** Starts senders; `stop` lets them finish what they have begun, so that everything sent is acknowledged. */
export function startTraffic(product, ledger, { otlp = 4, events = 2, most = 120, pauseMs = 15 } = {}) {
  let running = true;

  async function send(batch) {
    for (let attempt = 0; ; attempt++) {
      if (await deliver(product, batch, ledger)) break;
      if (running && Math.random() < 0.02) {
        ledger.abandoned.set(batch.key, batch.rows);
        return;
      }
      await sleep(20 + Math.random() * Math.min(500, 50 * 2 ** attempt));
    }
    if (Math.random() < 0.05) {
      ledger.resent++;
      while (!(await deliver(product, batch, ledger))) await sleep(100);
    }
  }

  async function sender(makeBatch) {
    const later = [];
    later.pictures = [];
    while (running) {
      await send(makeBatch(later));
      ledger.pictures.push(...later.pictures.splice(0, 3));
      later.pictures.length = 0;
      await sleep(Math.random() * pauseMs * 2);
    }
    // What was generated is delivered.
    later.closing = true;
    while (later.length > 0) await send(makeBatch(later));
  }

  const all = [
    ...Array.from({ length: otlp }, () => sender((later) => otlpBatch(later, most))),
    ...Array.from({ length: events }, () => sender((later) => eventBatch(later, most / 4, ledger.pictures))),
  ];
  return {
    async stop() {
      running = false;
      const late = new AbortController();
      const tooLong = sleep(DRAIN_MS, late.signal).then(() => {
        if (!late.signal.aborted) throw new Error(`not everything was acknowledged within ${DRAIN_MS} ms`);
      });
      await Promise.race([Promise.all(all), tooLong]);
      late.abort();
    },
  };
}

/** Sends batches one after the other, so that each is a commit of its own. Returns their keys. */
export async function sendOneByOne(product, ledger, count) {
  const keys = [];
  for (let one = 0; one < count; one++) {
    const batch = otlpBatch([], 20);
    while (!(await deliver(product, batch, ledger))) await sleep(50);
    keys.push(batch.key);
    await sleep(8);
  }
  return keys;
}

/** Bytes of a batch and the means to send them again. */
export function oneBatch(product, ledger) {
  const batch = otlpBatch([], 50);
  return { batch, send: () => deliver(product, batch, ledger) };
}
