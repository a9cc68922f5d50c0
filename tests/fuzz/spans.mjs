// Mutated OTLP requests against the span decoder: it answers or throws MalformedError, nothing else, in bounded time
// and memory, and a refused request leaves no trace in the blocks.
import { tableOf } from '@pegbar/contract';
import { protoType } from '../../packages/pegbar/dist/ingest/otlp/proto.js';
import { createSpanDecoder, MalformedError } from '../../packages/pegbar/dist/ingest/otlp/spans/index.js';
import { BlockBuilder, readBlock } from '../../packages/pegbar/dist/native/index.js';

const RECEIVED_MS = Date.UTC(2026, 10, 22, 12);
/** Rows per block before it is emptied, and the most that one block may hold of dictionaries and texts. */
const GROUP_ROWS = 2_000;
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;
/** A request of a few kilobytes takes microseconds; this allows for a busy machine. */
const MAX_MS = 2_000;

const features = {
  characters: 1,
  words: 1,
  tokens: 1,
  language: 'en',
  script: 'latin',
  booru_tags: 0,
  bins: new Uint16Array(0),
};

/** Protectors of both kinds: one that nobody needs to ask, one that looks at everything. */
const protector = (plain) => ({
  plain,
  userHash: () => '00000000000000ff',
  optedOut: (hash) => hash === '',
  prompt: (text) => ({ text, hash: '00000000000000aa', features, bins: undefined, redactions: 0 }),
  text: (text) => ({ text: plain ? text : text.replace(/e/g, '_'), redactions: 0 }),
  plainPrompt: () => false,
  workflow: (text) => ({ text, redactions: 0 }),
  identity: (text) => text.replace(/e/g, '_'),
  identityOfBytes: (bytes, start, end) =>
    plain || start === end
      ? null
      : Buffer.from(bytes.subarray(start, end)).toString('utf8').replace(/e/g, '_'),
  attribute: (key, value) => ({ keep: plain || !key.includes('z'), value, redactions: 0 }),
});

const int = (key, intValue) => ({ key, value: { intValue } });
const text = (key, stringValue) => ({ key, value: { stringValue } });
const nanos = (ms) => `${BigInt(RECEIVED_MS + ms) * 1_000_000n}`;

function seedRequests(random) {
  const type = protoType('TracesRequest');
  const bytes = (n) => Uint8Array.from({ length: n }, () => random(256));
  const span = (more) => ({
    traceId: bytes(16),
    spanId: bytes(8),
    parentSpanId: bytes(8),
    name: 'pipeline.generate',
    kind: 3,
    traceState: 'a=b',
    startTimeUnixNano: nanos(-2_000),
    endTimeUnixNano: nanos(-1_000),
    flags: 0x101,
    ...more,
  });
  const rich = span({
    attributes: [
      text('pegbar.stage', 'generate'),
      text('gen_ai.request.model', 'sdxl'),
      text('gen_ai.prompt', 'ein Bild, 図'),
      text('enduser.id', 'ann'),
      text('tenant.id', 'tenant-1'),
      int('image.steps', 28),
      int('image.seed', '-1'),
      { key: 'image.cfg_scale', value: { doubleValue: 7.5 } },
      { key: 'cache.hit', value: { boolValue: true } },
      { key: 'raw', value: { bytesValue: bytes(5) } },
      {
        key: 'pegbar.loras',
        value: {
          arrayValue: { values: [{ stringValue: 'a:0.5' }, { kvlistValue: { values: [text('id', 'b')] } }] },
        },
      },
      {
        key: 'nested',
        value: {
          kvlistValue: {
            values: [{ key: 'list', value: { arrayValue: { values: [{ intValue: 1 }, {}] } } }],
          },
        },
      },
      text('long', 'x'.repeat(300)),
      { key: 'empty' },
      { value: { intValue: 5 } },
    ],
    events: [
      { timeUnixNano: nanos(-1_500), name: 'frame_emitted', attributes: [int('frame', 3)] },
      { name: 'exception', attributes: [text('exception.type', 'CudaOutOfMemoryError')] },
    ],
    links: [{ traceId: bytes(16), spanId: bytes(8), attributes: [text('why', 'retry')] }],
    status: { code: 2, message: 'out of memory' },
  });
  const resource = {
    attributes: [text('service.name', 'worker'), text('cloud.region', 'eu'), int('replicas', 3)],
  };
  const request = (spans) => ({
    resourceSpans: [
      { resource, scopeSpans: [{ scope: { name: 'tracer', version: '1' }, spans }], schemaUrl: 'u' },
    ],
  });
  return [request([rich]), request([span(), rich, span({ attributes: [text('k', 'v')] })]), request([])].map(
    (one) => Buffer.from(type.encode(type.fromObject(one)).finish()),
  );
}

/** One to four changes: bits, bytes, cuts, copies of parts, and lengths made huge. */
function mutate(source, random) {
  let body = Buffer.from(source);
  for (let count = 1 + random(4); count > 0 && body.length > 0; count--) {
    const at = random(body.length);
    switch (random(7)) {
      case 0:
        body[at] ^= 1 << random(8);
        break;
      case 1:
        body[at] = random(256);
        break;
      case 2:
        body = body.subarray(0, at);
        break;
      case 3: {
        const end = Math.min(body.length, at + random(40));
        body = Buffer.concat([body.subarray(0, end), body.subarray(at)]);
        break;
      }
      case 4:
        body = Buffer.concat([
          body.subarray(0, at),
          body.subarray(Math.min(body.length, at + 1 + random(8))),
        ]);
        break;
      case 5:
        body[at] = [0, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x4a][random(7)];
        break;
      default:
        body = Buffer.concat([
          body.subarray(0, at),
          Buffer.from([random(256), random(256)]),
          body.subarray(at),
        ]);
    }
  }
  return body;
}

/** Runs the mutations; throws with the offending bytes in hex on any breach. Returns what became of them. */
export async function fuzzSpans({ iterations = 100_000, seed = 1 } = {}) {
  let state = seed >>> 0 || 1;
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const seeds = seedRequests(random);
  const protectors = [protector(true), protector(false)];
  const decoder = createSpanDecoder({
    // Mutations seldom touch the ids, so a real window would see duplicates only.
    windowOf: () => ({ add: () => random(8) > 0 }),
    protectorOf: (tenant) => protectors[tenant.length % 2],
    gpuPrice: () => 0.001,
  });
  const blocks = {
    spans: new BlockBuilder(tableOf('spans')),
    events: new BlockBuilder(tableOf('span_events')),
  };
  const counts = { decoded: 0, malformed: 0, spans: 0, rejected: 0, duplicates: 0 };
  const snapshot = () => Buffer.concat([...blocks.spans.encode(), ...blocks.events.encode()]);
  for (let run = 0; run < iterations; run++) {
    const body = mutate(seeds[random(seeds.length)], random);
    const fault = (what) => new Error(`${what}; seed ${seed}, run ${run}, body ${body.toString('hex')}`);
    // Comparing whole blocks is slow, so only now and then; rows are compared always.
    const before = run % 64 === 0 ? snapshot() : undefined;
    const rows = [blocks.spans.rows, blocks.events.rows];
    blocks.spans.mark();
    blocks.events.mark();
    const started = performance.now();
    try {
      const done = decoder.decode(body, blocks, {
        tenant: run % 3 === 0 ? 'key' : null,
        receivedMs: RECEIVED_MS,
      });
      counts.decoded++;
      counts.spans += done.spans;
      counts.rejected += done.rejected;
      counts.duplicates += done.duplicates;
      if (blocks.spans.rows < rows[0] + done.spans) throw fault('rows are missing');
    } catch (error) {
      if (!(error instanceof MalformedError)) throw fault(String(error?.stack ?? error));
      counts.malformed++;
      blocks.spans.rollback();
      blocks.events.rollback();
      if (blocks.spans.rows !== rows[0] || blocks.events.rows !== rows[1])
        throw fault('a rollback left rows');
      if (before && !snapshot().equals(before)) throw fault('a rollback left bytes');
    }
    if (performance.now() - started > MAX_MS) throw fault('took too long');
    if (blocks.spans.rows >= GROUP_ROWS || run === iterations - 1) {
      const bytes = snapshot();
      if (bytes.length > MAX_BLOCK_BYTES) throw fault(`blocks of ${bytes.length} bytes`);
      const spans = readBlock(bytes);
      if (spans.rows !== blocks.spans.rows || readBlock(bytes, spans.end).end !== bytes.length)
        throw fault('blocks cannot be read back');
      blocks.spans.reset();
      blocks.events.reset();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return counts;
}
