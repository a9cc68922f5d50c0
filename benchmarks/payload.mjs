/**
 * Requests of image-generation spans for benchmarks, seeded: 14 attributes and a third of an event per span, 10
 * resource attributes, traces of 5 to 10 spans, about 573 bytes per span.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { protoType } from '../packages/pegbar/dist/ingest/otlp/proto.js';

const MODELS = ['sdxl-base-1.0', 'sdxl-turbo', 'flux.1-dev', 'sd-3.5-large', 'kolors-v1', 'pixart-sigma'];
const SAMPLERS = ['euler_a', 'euler', 'dpmpp_2m', 'dpmpp_2m_karras', 'dpmpp_sde', 'ddim', 'unipc', 'lcm'];
const SCHEDULERS = ['normal', 'karras', 'exponential', 'sgm_uniform', 'simple'];
const STAGES = ['ingest', 'preprocess', 'generate', 'generate', 'upscale', 'postprocess', 'deliver'];
const EVENTS = ['gpu.acquired', 'model.loaded', 'cache.lookup', 'retry'];
const WORDS =
  'a portrait of an astronaut riding horse in the style of watercolor cinematic lighting ultra detailed forest castle neon city rain sunset mountains river cat dragon robot'.split(
    ' ',
  );
/** Twelve characters that `load.mjs` replaces by the number of the request, so that each can be found in a store. */
export const MARKER = '000000000000';
const RESOURCE = {
  'service.name': 'imagegen-worker',
  'service.version': '2.14.1',
  'service.instance.id': MARKER,
  'host.name': 'gpu-node-3f2a',
  'deployment.environment': 'production',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.language': 'python',
  'telemetry.sdk.version': '1.38.0',
  'gpu.model': 'NVIDIA H100 80GB',
  'k8s.pod.name': 'imagegen-worker-7f9c-3f2a1',
};

const string = (key, stringValue) => ({ key, value: { stringValue } });
const int = (key, intValue) => ({ key, value: { intValue } });
const double = (key, doubleValue) => ({ key, value: { doubleValue } });

/** Requests in one file, each with its length before it (32 bits, little endian). */
export function writeRequests(path, requests) {
  const parts = requests.flatMap((request) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(request.length);
    return [length, request];
  });
  writeFileSync(path, Buffer.concat(parts));
}

export function readRequests(path) {
  const file = readFileSync(path);
  const out = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at);
    out.push(file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return out;
}

/** Longest time between the starts of two spans that follow each other. */
const STEP_MS = 3;
/** Spans last up to this. */
const LONGEST_MS = Math.exp(8) + 1;

/** `count` encoded requests of `spans` spans each, one after the other in time and all ended by `endMs`. */
export function payload({ count = 100, spans = 512, endMs = Date.now(), seed = 12345 } = {}) {
  let state = seed;
  let clockMs = endMs - LONGEST_MS - count * spans * STEP_MS;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (n) => Math.floor(random() * n);
  const pick = (list) => list[below(list.length)];
  const bytes = (n) => Uint8Array.from({ length: n }, () => below(256));
  const type = protoType('TracesRequest');
  let trace;
  const newTrace = () => ({
    left: 5 + below(6),
    traceId: bytes(16),
    parentSpanId: new Uint8Array(0),
    user: `user-${below(200_000).toString(36).padStart(8, '0')}`,
    tenant: `tenant-${below(50)}`,
    model: pick(MODELS),
    sampler: pick(SAMPLERS),
    scheduler: pick(SCHEDULERS),
    seed: below(2 ** 32) * (random() < 0.5 ? 1 : 2 ** 20),
    steps: pick([4, 8, 20, 25, 28, 30, 50]),
    cfg: pick([1, 3.5, 4.5, 5, 7, 7.5, 8]),
  });
  const nanos = (ms) => {
    const [whole, rest] = [Math.floor(ms), Math.round((ms % 1) * 1e6)];
    return (BigInt(whole) * 1_000_000n + BigInt(rest)).toString();
  };
  function span() {
    if (!trace || trace.left-- === 0) trace = newTrace();
    const durationMs = Math.exp(random() * 8) + random();
    clockMs += random() * STEP_MS;
    const end = clockMs + durationMs;
    const failed = random() < 0.05;
    const stage = pick(STAGES);
    const events = [];
    if (random() < 0.3)
      events.push({
        timeUnixNano: nanos(end - durationMs / 2),
        name: pick(EVENTS),
        attributes: [int('gpu.index', below(8)), double('wait_ms', Math.round(random() * 1e5) / 100)],
      });
    if (failed)
      events.push({
        timeUnixNano: nanos(end),
        name: 'exception',
        attributes: [
          string('exception.type', 'CudaOutOfMemoryError'),
          string('exception.message', `CUDA out of memory. Tried to allocate ${below(20)}.50 GiB`),
        ],
      });
    const made = {
      traceId: trace.traceId,
      spanId: bytes(8),
      parentSpanId: trace.parentSpanId,
      name: `pipeline.${stage}`,
      kind: 3,
      startTimeUnixNano: nanos(clockMs),
      endTimeUnixNano: nanos(end),
      attributes: [
        string('gen_ai.request.model', trace.model),
        string('pegbar.stage', stage),
        string('image.sampler', trace.sampler),
        string('image.scheduler', trace.scheduler),
        int('image.steps', trace.steps),
        double('image.cfg_scale', trace.cfg),
        int('image.seed', trace.seed),
        int('image.width', pick([512, 768, 1024])),
        int('image.height', pick([512, 768, 1024])),
        double('latency_ms', durationMs),
        string('tenant.id', trace.tenant),
        string('enduser.id', trace.user),
        { key: 'cache.hit', value: { boolValue: random() < 0.4 } },
        string('gen_ai.prompt', Array.from({ length: 8 + below(14) }, () => pick(WORDS)).join(' ')),
      ],
      events,
      status: failed ? { code: 2, message: 'CudaOutOfMemoryError: out of memory' } : { code: below(2) },
      flags: 0x101,
    };
    trace.parentSpanId = made.spanId;
    return made;
  }
  return Array.from({ length: count }, () =>
    type
      .encode(
        type.fromObject({
          resourceSpans: [
            {
              resource: { attributes: Object.entries(RESOURCE).map(([key, value]) => string(key, value)) },
              scopeSpans: [
                {
                  scope: { name: 'pipeline.tracer', version: '0.9.2' },
                  spans: Array.from({ length: spans }, span),
                  schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
                },
              ],
              schemaUrl: '',
            },
          ],
        }),
      )
      .finish(),
  );
}
