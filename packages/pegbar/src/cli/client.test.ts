import { afterEach, expect, test } from 'vitest';
import { cli, fakeServer, hastyClock } from './testkit.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const serve = async (...args: Parameters<typeof fakeServer>) => {
  const server = await fakeServer(...args);
  stops.push(server.stop);
  return server;
};

test('an address where nobody listens ends with 3 at once and says how to start a server', async () => {
  const gone = await fakeServer({});
  await gone.stop();
  const clock = hastyClock();
  const { exit, stdout, stderr } = await cli(['requests', '--url', gone.url], { clock });
  expect(exit).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toContain(`no server answers at ${gone.url}`);
  expect(stderr).toContain('pegbar up');
  expect(clock.slept).toEqual([]);
});

test.each([401, 403])('HTTP %i ends with 3 and the words of the server', async (status) => {
  const { url } = await serve({
    'GET /api/v1/requests': () => ({
      status,
      body: { error: { code: 'forbidden', message: 'the key lacks the scope read' } },
    }),
  });
  const { exit, stderr } = await cli(['requests', '--url', url, '--key', 'pk_x']);
  expect(exit).toBe(3);
  expect(stderr).toContain('the key lacks the scope read');
});

test('a refused question ends with 2 and names field and hint', async () => {
  const error = { code: 'invalid_request', message: 'no field stepps', field: 'filter', hint: 'try steps' };
  const { url } = await serve({ 'GET /api/v1/requests': () => ({ status: 400, body: { error } }) });
  const { exit, stderr } = await cli(['requests', '--url', url, '--filter', 'stepps>3']);
  expect(exit).toBe(2);
  expect(stderr).toContain('no field stepps (filter)\ntry steps');
});

test('what is not there ends with 1', async () => {
  const { url } = await serve({});
  expect((await cli(['trace', 'ab'.repeat(16), '--url', url])).exit).toBe(1);
});

test('429 and 503 are asked again after Retry-After', async () => {
  let asked = 0;
  const { url } = await serve({
    'GET /api/v1/requests': () => {
      asked++;
      if (asked === 1) return { status: 429, headers: { 'retry-after': '7' } };
      if (asked === 2) return { status: 503 };
      return { body: { items: [], next_cursor: null } };
    },
  });
  const clock = hastyClock();
  expect((await cli(['requests', '--url', url], { clock })).exit).toBe(0);
  expect(clock.slept).toEqual([7_000, 1_000]);
});

test('a server that stays overloaded ends with 3 after a bounded number of tries', async () => {
  const { url, seen } = await serve({ 'GET /api/v1/requests': () => ({ status: 503 }) });
  expect((await cli(['requests', '--url', url])).exit).toBe(3);
  expect(seen.length).toBe(9);
});

test('the key travels as a bearer token, from the flag before the environment', async () => {
  const { url, seen } = await serve({ 'GET /api/v1/requests': () => ({ body: { items: [] } }) });
  await cli(['requests'], { env: { PEGBAR_URL: `${url}/`, PEGBAR_KEY: 'from-env' } });
  await cli(['requests', '--key', 'from-flag'], { env: { PEGBAR_URL: url, PEGBAR_KEY: 'from-env' } });
  expect(seen.map((one) => one.headers.authorization)).toEqual(['Bearer from-env', 'Bearer from-flag']);
});

test('Ctrl-C ends a question in order', async () => {
  const stop = new AbortController();
  const { url } = await serve({
    'GET /api/v1/requests': () => {
      stop.abort();
      return new Promise(() => undefined);
    },
  });
  const { exit, stderr } = await cli(['requests', '--url', url], { signal: stop.signal });
  expect(exit).toBe(1);
  expect(stderr).toContain('interrupted');
});

test('a reader of stdout that goes away ends the command quietly', async () => {
  const { url } = await serve({ 'GET /api/v1/requests': () => ({ body: { items: [{ request_id: 'r' }] } }) });
  const stdout = {
    write: () => false,
    once: () => undefined,
    on: (_: 'error', tell: (error: Error) => void) =>
      setTimeout(tell, 50, Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
  };
  const { exit, stderr } = await cli(['requests', '--url', url], { stdout });
  expect(exit).toBe(0);
  expect(stderr).toBe('');
});

test('an answer that is not JSON is told as such and ends with 3', async () => {
  const { url } = await serve({ 'GET /api/v1/requests': () => ({ body: '<html>' }) });
  const { exit, stderr } = await cli(['requests', '--url', url]);
  expect(exit).toBe(3);
  expect(stderr).toContain('is this a Pegbar server?');
});
