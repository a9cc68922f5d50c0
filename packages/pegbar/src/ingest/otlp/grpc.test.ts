import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { encode, type Rig, readFields, rig } from './testkit.ts';

const open: Rig[] = [];
async function start(options: Parameters<typeof rig>[1] = {}): Promise<Rig> {
  const one = await rig('grpc', options);
  open.push(one);
  return one;
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.server.close(200);
});

const EXPORT = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};
const body = encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'generate' }] }] }] });

function frame(payload: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(payload.length, 1);
  return Buffer.concat([prefix, payload]);
}

interface Answer {
  head: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  body: Buffer;
  status: string;
  reset: number;
}

/** One call; `pieces` are written apart, and the stream stays open when `end` is false. */
function call(
  session: ClientHttp2Session,
  path: string,
  pieces: Buffer[],
  headers: Record<string, string> = {},
  end = true,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (got) => {
      head = got;
    });
    stream.on('trailers', (got) => {
      trailers = got;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      const status = String(trailers['grpc-status'] ?? head['grpc-status']);
      resolve({ head, trailers, body: Buffer.concat(chunks), status, reset: stream.rstCode });
    });
    void (async () => {
      for (const piece of pieces) {
        if (stream.destroyed) return;
        stream.write(piece);
        if (pieces.length > 1) await wait(1);
      }
      if (end && !stream.destroyed) stream.end();
    })();
  });
}

async function once(
  one: Rig,
  ...args: [string, Buffer[], Record<string, string>?, boolean?]
): Promise<Answer> {
  const session = connect(one.url);
  try {
    return await call(session, ...args);
  } finally {
    session.destroy();
  }
}

const details = (answer: Answer): string =>
  Buffer.from(String(answer.head['grpc-status-details-bin'] ?? ''), 'base64').toString('latin1');

test.each(Object.entries(EXPORT))('an Export of %s succeeds with an empty message', async (signal, path) => {
  const one = await start();
  const answer = await once(one, path, [frame(Buffer.from([0x0a, 0]))]);
  expect([answer.status, answer.body.toString('hex'), answer.head[':status']]).toEqual([
    '0',
    '0000000000',
    200,
  ]);
  expect(one.sink.taken[0]!.signal).toBe(signal);
  expect((await once(one, path, [frame(Buffer.alloc(0))])).status).toBe('0');
});

test('a message cut anywhere is put together again', async () => {
  const one = await start();
  const whole = frame(body);
  const session = connect(one.url);
  for (let cut = 1; cut < whole.length; cut += 3) {
    const answer = await call(session, EXPORT.traces, [whole.subarray(0, cut), whole.subarray(cut)]);
    expect(answer.status).toBe('0');
  }
  session.destroy();
  expect(one.sink.taken.every((taken) => taken.body.equals(body))).toBe(true);
});

test('gzip and deflate messages are inflated; the flag decides, not the header', async () => {
  const one = await start();
  expect(
    (await once(one, EXPORT.traces, [frame(gzipSync(body), 1)], { 'grpc-encoding': 'gzip' })).status,
  ).toBe('0');
  expect(
    (await once(one, EXPORT.traces, [frame(deflateSync(body), 1)], { 'grpc-encoding': 'deflate' })).status,
  ).toBe('0');
  expect((await once(one, EXPORT.traces, [frame(body)], { 'grpc-encoding': 'gzip' })).status).toBe('0');
  expect((await once(one, EXPORT.traces, [frame(body)], { 'grpc-encoding': 'identity' })).status).toBe('0');
  expect(one.sink.taken.map((taken) => taken.body.equals(body))).toEqual([true, true, true, true]);
});

test('unknown methods and unknown compression are UNIMPLEMENTED, the latter naming what is accepted', async () => {
  const one = await start();
  expect((await once(one, '/nope.Service/Do', [frame(Buffer.alloc(0))])).status).toBe('12');
  const snappy = await once(one, EXPORT.traces, [frame(body, 1)], { 'grpc-encoding': 'snappy' });
  expect([snappy.status, snappy.head['grpc-accept-encoding']]).toEqual(['12', 'identity,gzip,deflate']);
  expect(one.sink.taken).toEqual([]);
});

test('what is not gRPC gets an HTTP status', async () => {
  const one = await start();
  const json = await once(one, EXPORT.traces, [Buffer.from('{}')], { 'content-type': 'application/json' });
  expect(json.head[':status']).toBe(415);
  const get = await once(one, EXPORT.traces, [], { ':method': 'GET' });
  expect(get.head[':status']).toBe(405);
});

test('malformed messages are INVALID_ARGUMENT with BadRequest, in trailers only', async () => {
  const one = await start();
  const answer = await once(one, EXPORT.traces, [frame(Buffer.from('ffffff', 'hex'))]);
  expect(answer.status).toBe('3');
  expect(answer.trailers).toEqual({});
  expect(details(answer)).toContain('google.rpc.BadRequest');
  const zip = await once(one, EXPORT.traces, [frame(Buffer.from('not gzip'), 1)], {
    'grpc-encoding': 'gzip',
  });
  expect(zip.status).toBe('3');
});

test.each([
  ['no message', []],
  ['half a prefix', [Buffer.from([0, 0])]],
  ['half a message', [frame(body).subarray(0, -2)]],
  ['two messages', [Buffer.concat([frame(body), frame(body)])]],
  ['a flag of its own', [frame(body, 2)]],
  ['the compressed flag without an encoding', [frame(body, 1)]],
])('broken framing is INTERNAL: %s', async (_name, pieces) => {
  const one = await start();
  expect((await once(one, EXPORT.traces, pieces)).status).toBe('13');
  expect(one.sink.taken).toEqual([]);
});

test('an oversized message is RESOURCE_EXHAUSTED without RetryInfo, before it is read', async () => {
  const one = await start();
  const prefix = Buffer.from([0, 5, 0, 0, 0]);
  const answer = await once(one, EXPORT.traces, [prefix], {}, false);
  expect([answer.status, details(answer), answer.reset]).toEqual(['8', '', constants.NGHTTP2_NO_ERROR]);
  const bomb = frame(gzipSync(Buffer.alloc(128 << 20)), 1);
  const inflated = await once(one, EXPORT.traces, [bomb], { 'grpc-encoding': 'gzip' });
  expect([inflated.status, details(inflated)]).toEqual(['8', '']);
});

test('overload and a failed commit are UNAVAILABLE with RetryInfo', async () => {
  const one = await start();
  one.sink.load = { reason: 'disk nearly full: 97 % ü', retryAfterS: 30 };
  const early = await once(one, EXPORT.traces, [frame(body)]);
  expect([early.status, early.head['grpc-message']]).toEqual(['14', 'disk nearly full: 97 %25 %C3%BC']);
  const status = readFields(Buffer.from(String(early.head['grpc-status-details-bin']), 'base64'));
  expect(status.get(1)).toEqual([14n]);
  const any = readFields(status.get(3)![0] as Buffer);
  expect(String(any.get(1))).toBe('type.googleapis.com/google.rpc.RetryInfo');
  const delay = readFields(any.get(2)![0] as Buffer).get(1)![0] as Buffer;
  expect(readFields(delay).get(1)).toEqual([30n]);
  one.sink.load = null;
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: Promise.reject(new Error('no space left on device')),
  });
  const late = await once(one, EXPORT.traces, [frame(body)]);
  expect([late.status, details(late).includes('RetryInfo')]).toEqual(['14', true]);
});

test('partial success and authentication', async () => {
  const one = await start({
    authenticate: (headers) =>
      headers.authorization === 'Bearer good'
        ? { ok: true, tenant: 'studio-a' }
        : { ok: false, status: 401, code: 16, message: 'no such key' },
  });
  expect((await once(one, EXPORT.traces, [frame(body)])).status).toBe('16');
  one.sink.reply = () => ({ kind: 'accepted', rejected: 2, message: 'zero id', durable: Promise.resolve() });
  const answer = await once(one, EXPORT.traces, [frame(body)], { authorization: 'Bearer good' });
  const partial = readFields(readFields(answer.body.subarray(5)).get(1)![0] as Buffer);
  expect([answer.status, partial.get(1), String(partial.get(2))]).toEqual(['0', [2n], 'zero id']);
  expect(one.sink.taken[0]!.context.tenant).toBe('studio-a');
});

test('without a key a foreign :authority is refused', async () => {
  const one = await start();
  expect((await once(one, EXPORT.traces, [frame(body)], { ':authority': 'evil.test' })).status).toBe('7');
  expect((await once(one, EXPORT.traces, [frame(body)], { ':authority': 'localhost:4317' })).status).toBe(
    '0',
  );
});

test('a sender that stops in the middle, or whose own deadline passes, is told so', async () => {
  const one = await start({ limits: { requestMs: 300 } });
  const half = await once(one, EXPORT.traces, [frame(body).subarray(0, 9)], {}, false);
  expect(half.status).toBe('4');
  one.sink.reply = () => ({ kind: 'accepted', rejected: 0, message: '', durable: new Promise(() => {}) });
  const due = await once(one, EXPORT.traces, [frame(body)], { 'grpc-timeout': '200m' });
  expect(due.status).toBe('4');
});

test('large messages on many streams of one connection all arrive', async () => {
  const one = await start();
  const large = encode('traces', { resourceSpans: [{ schemaUrl: 'y'.repeat(3 << 20) }] });
  const session = connect(one.url);
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => call(session, EXPORT.traces, [frame(large)])),
  );
  session.destroy();
  expect(answers.map((answer) => answer.status)).toEqual(Array(40).fill('0'));
  expect(one.sink.taken.every((taken) => taken.body.equals(large))).toBe(true);
});

test('calls that are reset give back their memory', async () => {
  const one = await start({ limits: { inFlightBytes: 4 << 20 } });
  const session = connect(one.url);
  session.on('error', () => {});
  const large = frame(encode('traces', { resourceSpans: [{ schemaUrl: 'y'.repeat(1 << 20) }] }));
  for (let i = 0; i < 20; i++) {
    const stream = session.request({
      ':method': 'POST',
      ':path': EXPORT.traces,
      'content-type': 'application/grpc',
    });
    stream.on('error', () => {});
    stream.write(large.subarray(0, 900_000));
    await expect.poll(one.begun).toBe(i + 1);
    await wait(20); // Most of it arrives.
    stream.destroy(new Error('gone'));
    await expect.poll(() => one.counters.by('pegbar_otlp_requests_total', 'outcome').aborted).toBe(i + 1);
  }
  expect((await call(session, EXPORT.traces, [large])).status).toBe('0');
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toMatchObject({ ok: 1, aborted: 20 });
  session.destroy();
});

test('a connection without a preface, a ping flood and noise are closed; others go on', async () => {
  const one = await start({ limits: { headMs: 2_000, controlFramesPer10s: 50 } });
  const silent = connectTcp(one.server.port, '127.0.0.1');
  silent.on('error', () => {}).resume();
  const closed = new Promise((resolve) => silent.on('close', resolve));
  const noise = connectTcp(one.server.port, '127.0.0.1');
  noise.on('error', () => {});
  noise.write('GET / HTTP/1.1\r\n\r\n');
  const noisy = new Promise((resolve) => noise.on('close', resolve));
  noise.resume();
  const flood = connect(one.url);
  flood.on('error', () => {});
  const flooded = new Promise((resolve) => flood.on('close', resolve));
  // Before it is connected few pings may wait, and no more are sent.
  await new Promise((resolve) => flood.once('connect', resolve));
  for (let i = 0; !flood.destroyed; i++) {
    flood.ping(() => {});
    if (i % 5 === 0) await wait(1);
  }
  await Promise.all([closed, flooded, noisy]);
  expect((await once(one, EXPORT.traces, [frame(body)])).status).toBe('0');
  expect(one.counters.by('pegbar_otlp_sessions_closed_total', 'reason')).toMatchObject({
    preface: 1,
    flood: 1,
  });
});

test('closing lets the call under way finish', async () => {
  const one = await rig('grpc');
  let settled = (): void => {};
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: new Promise((resolve) => {
      settled = resolve;
    }),
  });
  const pending = once(one, EXPORT.traces, [frame(body)]);
  await expect.poll(() => one.sink.taken.length).toBe(1);
  const closing = one.server.close();
  await wait(50);
  settled();
  expect((await pending).status).toBe('0');
  await closing;
});
