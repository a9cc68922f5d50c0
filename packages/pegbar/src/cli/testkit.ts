import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import type { CliIo } from './io.ts';
import { run } from './run.ts';
import type { ServerCommands } from './server-commands.ts';

/** A request as the fake server saw it, its body decompressed. */
export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Drops the connection instead of answering. */
  hangUp?: boolean;
}

export type Routes = Record<string, (seen: Seen) => Reply | Promise<Reply>>;

/** A server that answers by `METHOD /path`; a path that ends in `*` takes everything below it. */
export async function fakeServer(
  routes: Routes,
): Promise<{ url: string; seen: Seen[]; stop: () => Promise<void> }> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    void answer(request).then(({ status = 200, headers = {}, body, hangUp }) => {
      if (hangUp) return request.socket.destroy();
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(raw ? body : JSON.stringify(body ?? {}));
    });
  });
  async function answer(request: IncomingMessage): Promise<Reply> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const url = new URL(request.url ?? '/', 'http://fake');
    const bytes = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString(
      'utf8',
    );
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    seen.push(one);
    const name = `${one.method} ${one.path}`;
    const below = Object.keys(routes).find(
      (route) => route.endsWith('*') && name.startsWith(route.slice(0, -1)),
    );
    const route = routes[name] ?? (below ? routes[below] : undefined);
    return route
      ? route(one)
      : { status: 404, body: { error: { code: 'not_found', message: `no ${name}` } } };
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const noServer: ServerCommands = { up: async () => 0, demo: async () => 0 };

/** A clock whose sleeps end at once, so that retries cost no time; it counts what was slept. */
export function hastyClock(now = Date.parse('2026-03-01T12:00:00Z')): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    monotonic: () => performance.now(),
    // Long sleeps are timeouts of requests: they must not fire before the answer.
    sleep: (ms, signal) =>
      ms >= 60_000
        ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
        : new Promise((resolve) => {
            slept.push(ms);
            setTimeout(resolve, 1);
          }),
    every: () => () => undefined,
  };
}

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line with captured streams. */
export async function cli(argv: readonly string[], io: Partial<CliIo> = {}, server = noServer): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const writer = (name: 'stdout' | 'stderr') => ({
    write: (chunk: string | Uint8Array) => {
      texts[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    },
  });
  async function* empty(): AsyncGenerator<Uint8Array> {}
  const whole: CliIo = {
    stdout: writer('stdout'),
    stderr: writer('stderr'),
    stdin: empty(),
    env: {},
    clock: hastyClock(),
    ...io,
  };
  const exit = await run(argv, whole, server);
  return { exit, ...texts };
}
