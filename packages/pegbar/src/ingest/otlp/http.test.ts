import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { startCpu } from '../../base/testing.ts';
import type { OtlpLimits } from './limits.ts';
import { encode, type Rig, readFields, rig, spanRequest } from './testkit.ts';

const open: Rig[] = [];
async function start(options: Parameters<typeof rig>[1] = {}): Promise<Rig> {
  const one = await rig('http', options);
  open.push(one);
  return one;
}
afterEach(async () => {
  for (const one of open.splice(0)) await one.server.close(200);
});

const PROTO = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const body = encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'generate' }] }] }] });

async function post(
  one: Rig,
  path: string,
  payload: Uint8Array | string,
  type = PROTO,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string; headers: Headers; body: Buffer }> {
  const response = await fetch(one.url + path, {
    method: 'POST',
    body: payload as BodyInit,
    headers: { 'content-type': type, ...headers },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** A raw connection: what it was sent back until it closed. */
function raw(one: Rig): { socket: Socket; closed: Promise<string> } {
  const socket = connect(one.server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  return { socket, closed: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}

const head = (length: number | 'chunked', extra = ''): string =>
  `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${PROTO}\r\n${
    length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  }\r\n${extra}\r\n`;

test('a protobuf request is answered 200 in protobuf with partial success unset', async () => {
  const one = await start();
  const answer = await post(one, '/v1/traces', body);
  expect([answer.status, answer.type, answer.body.length]).toEqual([200, PROTO, 0]);
  expect(one.sink.taken[0]).toMatchObject({ signal: 'traces', context: { tenant: null } });
  expect(one.sink.taken[0]!.body.equals(body)).toBe(true);
});

test('a JSON request reaches the sink as protobuf and is answered in JSON', async () => {
  const one = await start();
  const answer = await post(
    one,
    '/v1/traces',
    JSON.stringify(spanRequest()),
    'application/json; charset=utf-8',
  );
  expect([answer.status, answer.type, answer.body.toString()]).toEqual([200, JSON_TYPE, '{}']);
  expect(JSON.stringify(one.sink.decoded())).toContain('"name":"generate"');
});

test.each(['/v1/traces', '/v1/metrics', '/v1/logs'])(
  'empty requests to %s succeed without the sink',
  async (path) => {
    const one = await start();
    expect((await post(one, path, new Uint8Array(0))).status).toBe(200);
    expect((await post(one, path, '{}', JSON_TYPE)).body.toString()).toBe('{}');
    expect((await post(one, path, '', JSON_TYPE)).status).toBe(200);
    expect(one.sink.taken).toEqual([]);
  },
);

test('other methods get 405 with Allow, also a preflight, and no CORS header ever', async () => {
  const one = await start();
  for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH']) {
    const answer = await fetch(`${one.url}/v1/logs`, { method });
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'POST']);
  }
  const preflight = await fetch(`${one.url}/v1/traces`, {
    method: 'OPTIONS',
    headers: { origin: 'http://x.test', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(405);
  expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('other paths get 404 and a query string does not matter', async () => {
  const one = await start();
  expect((await post(one, '/v1/profiles', body)).status).toBe(404);
  expect((await post(one, '/v1/traces/', body)).status).toBe(404);
  expect((await post(one, '/v1/traces?x=1', body)).status).toBe(200);
});

test('other content types and codings get 415', async () => {
  const one = await start();
  expect((await post(one, '/v1/traces', body, 'text/plain')).status).toBe(415);
  expect((await post(one, '/v1/traces', body, PROTO, { 'content-encoding': 'br' })).status).toBe(415);
  expect((await post(one, '/v1/traces', body, PROTO, { 'content-encoding': 'gzip, gzip' })).status).toBe(415);
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toEqual({
    content_type: 1,
    unsupported_encoding: 2,
  });
});

test.each([
  ['gzip', gzipSync(body)],
  ['x-gzip', gzipSync(body)],
  ['deflate', deflateSync(body)],
  ['identity', body],
])('%s bodies are inflated', async (coding, payload) => {
  const one = await start();
  expect((await post(one, '/v1/traces', payload, PROTO, { 'content-encoding': coding })).status).toBe(200);
  expect(one.sink.taken[0]!.body.equals(body)).toBe(true);
});

test('a gzip body of several members and several megabytes arrives whole', async () => {
  const one = await start();
  const span = Buffer.from(encode('traces', { resourceSpans: [{ schemaUrl: 'x'.repeat(3 << 20) }] }));
  const payload = Buffer.concat([gzipSync(span), gzipSync(body)]);
  expect((await post(one, '/v1/traces', payload, PROTO, { 'content-encoding': 'gzip' })).status).toBe(200);
  expect(one.sink.taken[0]!.body.equals(Buffer.concat([span, body]))).toBe(true);
});

test('bad data gets 400 with google.rpc.Status and BadRequest in the type of the request', async () => {
  const one = await start();
  const broken = await post(one, '/v1/traces', Buffer.from('ffffffff', 'hex'));
  const status = readFields(broken.body);
  expect([broken.status, broken.type, status.get(1)]).toEqual([400, PROTO, [3n]]);
  expect(String(status.get(2)![0]).length).toBeGreaterThan(0);
  expect(String(status.get(3)![0])).toContain('type.googleapis.com/google.rpc.BadRequest');
  const json = await post(one, '/v1/traces', '{"resourceSpans":[', JSON_TYPE);
  expect([json.status, json.type]).toEqual([400, JSON_TYPE]);
  expect(JSON.parse(json.body.toString())).toMatchObject({
    code: 3,
    message: expect.stringContaining('JSON at byte'),
  });
  const zip = await post(one, '/v1/traces', Buffer.from('not gzip'), PROTO, { 'content-encoding': 'gzip' });
  expect(zip.status).toBe(400);
  const cut = await post(one, '/v1/traces', gzipSync(body).subarray(0, -9), PROTO, {
    'content-encoding': 'gzip',
  });
  expect(cut.status).toBe(400);
  expect(one.sink.taken).toEqual([]);
});

test('a partial success names how many were rejected, a warning has a message and none', async () => {
  const one = await start();
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 3,
    message: 'zero trace id',
    durable: Promise.resolve(),
  });
  const proto = await post(one, '/v1/traces', body);
  const partial = readFields(readFields(proto.body).get(1)![0] as Buffer);
  expect([proto.status, partial.get(1), String(partial.get(2))]).toEqual([200, [3n], 'zero trace id']);
  const json = await post(one, '/v1/logs', '{"resourceLogs":[{}]}', JSON_TYPE);
  expect(JSON.parse(json.body.toString())).toEqual({
    partialSuccess: { rejectedLogRecords: '3', errorMessage: 'zero trace id' },
  });
  one.sink.reply = () => ({ kind: 'accepted', rejected: 0, message: 'late', durable: Promise.resolve() });
  expect(String((await post(one, '/v1/traces', body)).body)).toContain('late');
});

test('a long message is cut in the answer', async () => {
  const one = await start();
  one.sink.reply = () => ({ kind: 'malformed', message: 'é'.repeat(5 << 20) });
  const answer = await post(one, '/v1/traces', body);
  expect(answer.status).toBe(400);
  expect(answer.body.length).toBeLessThan(4096);
});

test('the answer waits for the disk, and a failed commit asks for a retry', async () => {
  const one = await start();
  let settled = (): void => {};
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: new Promise((resolve) => {
      settled = resolve;
    }),
  });
  let answered = false;
  const pending = post(one, '/v1/traces', body).then((answer) => {
    answered = true;
    return answer;
  });
  await wait(100);
  expect(answered).toBe(false);
  settled();
  expect((await pending).status).toBe(200);
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: Promise.reject(new Error('no space left on device')),
  });
  const failed = await post(one, '/v1/traces', body);
  expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '2']);
});

test('overload is 503 with Retry-After, before and after the body was read; a bug is 500', async () => {
  const one = await start();
  one.sink.reply = () => ({ kind: 'overloaded', reason: 'backlog', retryAfterS: 7 });
  const late = await post(one, '/v1/traces', body);
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '7']);
  one.sink.load = { reason: 'disk nearly full', retryAfterS: 30 };
  const early = await post(one, '/v1/traces', body);
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '30']);
  expect(one.sink.taken.length).toBe(1);
  one.sink.load = null;
  one.sink.reply = () => {
    throw new Error('bug');
  };
  expect((await post(one, '/v1/traces', body)).status).toBe(500);
  const judged = await start({
    authenticate: () => {
      throw new Error('bug');
    },
  });
  expect((await post(judged, '/v1/traces', body)).status).toBe(500);
});

test('an 80 MiB body is answered 413, which fetch gets to see', async () => {
  const one = await start();
  const answer = await post(one, '/v1/traces', Buffer.alloc(80 << 20, 0x0a));
  expect(answer.status).toBe(413);
  expect(answer.headers.get('retry-after')).toBeNull();
  expect((await post(one, '/v1/traces', body)).status).toBe(200);
});

test('a gzip bomb of 512 MiB is 413 at once, and a lying trailer does not help it', async () => {
  const one = await start();
  const bomb = gzipSync(Buffer.alloc(512 << 20));
  const spent_ms = startCpu();
  expect((await post(one, '/v1/traces', bomb, PROTO, { 'content-encoding': 'gzip' })).status).toBe(413);
  expect(spent_ms()).toBeLessThan(1000);
  bomb.writeUInt32LE(100, bomb.length - 4);
  expect((await post(one, '/v1/traces', bomb, PROTO, { 'content-encoding': 'gzip' })).status).toBe(413);
  const deflated = deflateSync(Buffer.alloc(128 << 20));
  expect((await post(one, '/v1/traces', deflated, PROTO, { 'content-encoding': 'deflate' })).status).toBe(
    413,
  );
});

const SMALL: Partial<OtlpLimits> = { bodyBytes: 4 << 20, inflatedBytes: 4 << 20, inFlightBytes: 8 << 20 };

test('chunked bodies arrive whole, and are 413 once they pass the limit', async () => {
  const one = await start({ limits: SMALL });
  const send = (chunks: Uint8Array[]): Promise<number> =>
    fetch(`${one.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': PROTO },
      body: new ReadableStream({
        async pull(controller) {
          const next = chunks.shift();
          if (next) controller.enqueue(next);
          else controller.close();
        },
      }),
      duplex: 'half',
    } as RequestInit).then((response) => response.status);
  const large = encode('traces', { resourceSpans: [{ schemaUrl: 'y'.repeat(3 << 20) }] });
  const cuts = Array.from({ length: Math.ceil(large.length / 100_000) }, (_, i) =>
    large.subarray(i * 100_000, (i + 1) * 100_000),
  );
  expect(await send(cuts)).toBe(200);
  expect(one.sink.taken[0]!.body.equals(large)).toBe(true);
  expect(await send(Array.from({ length: 50 }, () => Buffer.alloc(100_000, 10)))).toBe(413);
});

test('bytes in flight are bounded over all connections, and given back', async () => {
  const one = await start({ limits: { ...SMALL, inFlightBytes: 6 << 20 } });
  const half = raw(one);
  half.socket.write(head(3 << 20));
  half.socket.write(Buffer.alloc(2 << 20, 10));
  // A head that is read takes all that it announces.
  await expect.poll(one.begun).toBe(1);
  const answer = await post(one, '/v1/traces', Buffer.alloc(3 << 20, 10));
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
  half.socket.destroy();
  await expect.poll(() => one.counters.by('pegbar_otlp_requests_total', 'outcome').aborted).toBe(1);
  const large = encode('traces', { resourceSpans: [{ schemaUrl: 'y'.repeat(3 << 20) }] });
  expect((await post(one, '/v1/traces', large)).status).toBe(200);
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toEqual({
    aborted: 1,
    in_flight: 1,
    ok: 1,
  });
});

test('Expect: 100-continue is asked on for good heads and refused for bad ones', async () => {
  const one = await start({ limits: SMALL });
  const send = (length: number): Promise<{ status: number; asked: boolean }> =>
    new Promise((resolve, reject) => {
      let asked = false;
      const request = httpRequest(`${one.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': PROTO, 'content-length': length, expect: '100-continue' },
      });
      request.on('continue', () => {
        asked = true;
        request.end(body);
      });
      request.on('response', (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, asked });
        if (!asked) request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
  expect(await send(body.length)).toEqual({ status: 200, asked: true });
  expect(await send(8 << 20)).toEqual({ status: 413, asked: false });
});

test('a head that drips and a body that stops are cut off in time, others are served meanwhile', async () => {
  const one = await start({ limits: { headMs: 1_500, requestMs: 2_500 } });
  const silent = raw(one);
  const dripping = raw(one);
  dripping.socket.write('POST /v1/traces HTTP/1.1\r\nHost: local');
  const stopped = raw(one);
  stopped.socket.write(`${head(1000)}\x0a`);
  expect((await post(one, '/v1/traces', body)).status).toBe(200);
  const [a, b, c] = await Promise.all([silent.closed, dripping.closed, stopped.closed]);
  expect(a + b).toContain('408');
  expect(c).toContain('408');
  expect(one.sink.taken.length).toBe(1);
  expect(one.counters.by('pegbar_otlp_requests_total', 'outcome')).toEqual({ aborted: 1, ok: 1 });
});

test('connections beyond the limit are dropped and counted', async () => {
  const one = await start({ limits: { connections: 20 } });
  const many = Array.from({ length: 40 }, () => raw(one));
  await expect.poll(() => one.counters.total('pegbar_otlp_connections_dropped_total')).toBe(20);
  for (const { socket } of many) socket.destroy();
  const status = (): Promise<number> =>
    post(one, '/v1/traces', body).then(
      (answer) => answer.status,
      () => 0,
    );
  await expect.poll(status).toBe(200);
});

test('two hundred connections at once are all served', async () => {
  const one = await start();
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(one, '/v1/traces', body)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(one.sink.taken.length).toBe(200);
});

test('one connection carries many requests, refused ones too', async () => {
  const one = await start();
  const { socket, closed } = raw(one);
  for (let i = 0; i < 3; i++) socket.write(Buffer.concat([Buffer.from(head(body.length)), body]));
  socket.write('POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc');
  socket.write(Buffer.concat([Buffer.from(head(body.length, 'Connection: close\r\n')), body]));
  const text = await closed;
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([
    ...Array(3).fill('HTTP/1.1 200'),
    'HTTP/1.1 404',
    'HTTP/1.1 200',
  ]);
});

test('without a key, web pages and rebound names are kept out and only loopback may send', async () => {
  const one = await start();
  expect((await post(one, '/v1/traces', body, PROTO, { origin: 'https://evil.test' })).status).toBe(403);
  const rebound = raw(one);
  rebound.socket.write(head(0, 'Connection: close\r\n').replace('localhost', 'evil.test'));
  expect(await rebound.closed).toContain('403');
  expect(one.sink.taken).toEqual([]);
});

test('a key is asked for when authentication says so, and fixes the tenant', async () => {
  const one = await start({
    authenticate: (headers) =>
      headers.authorization === 'Bearer good'
        ? { ok: true, tenant: 'studio-a' }
        : { ok: false, status: 401, code: 16, message: 'no such key' },
  });
  const without = await post(one, '/v1/traces', body);
  expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect(readFields(without.body).get(1)).toEqual([16n]);
  expect((await post(one, '/v1/traces', body, PROTO, { authorization: 'Bearer good' })).status).toBe(200);
  expect(one.sink.taken[0]!.context.tenant).toBe('studio-a');
});

test('closing waits for the request under way', async () => {
  const one = await rig('http');
  let settled = (): void => {};
  one.sink.reply = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: new Promise((resolve) => {
      settled = resolve;
    }),
  });
  const pending = post(one, '/v1/traces', body);
  await expect.poll(() => one.sink.taken.length).toBe(1);
  const closing = one.server.close();
  await wait(50);
  settled();
  expect((await pending).status).toBe(200);
  await closing;
  await expect(post(one, '/v1/traces', body)).rejects.toThrow();
});
