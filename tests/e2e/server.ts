/**
 * The product as its users have it: `pegbar up` from the built tree on free ports, spoken to over its doors and
 * its command line. Nothing of its sources is imported here or in the tests beside it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(REPOSITORY, 'packages/pegbar/bin/pegbar.js');
/** A cold engine beside another test's needs 10 s, and far longer where ten others run; fifteen times that is a server that does not start. */
const START_MS = 150_000;
const STOP_MS = 60_000;
const NDJSON = 'application/x-ndjson';

export interface Ready {
  ready: boolean;
  pid: number;
  url: string;
  login_url: string;
  otlp_http: string;
  otlp_grpc: string;
  key: string | null;
  data_dir: string;
  version: string;
}

export type Json = Record<string, unknown>;
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field by the assertions
  json: any;
}
export interface EventsVerdict {
  accepted: number;
  duplicates: number;
  rejected: { line: number; code: string; field: string; message: string }[];
}
export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}
export interface Point {
  t: string;
  value: number | null;
  n: number;
}
export interface Kpis {
  step_s: number;
  source: string;
  series: { key: Record<string, string>; points: Point[] }[];
}

const folders: string[] = [];
// Registered first, so it runs last: after each file has stopped its servers.
afterAll(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A new folder, removed when the tests of the file are over. */
export function scratch(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `pegbar-e2e-${name}-`));
  folders.push(dir);
  return dir;
}

/** Without what the machine's own user may have set for Pegbar. */
function cleanEnvironment(more: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PEGBAR|VITEST|NODE_OPTIONS)/.test(name));
  return { ...Object.fromEntries(kept), ...clockOf(process.env), ...more };
}

/** Tests as of another hour (tests/web/clock.mjs) want their servers there too. */
const clockOf = ({ PEGBAR_TEST_CLOCK_MS, NODE_OPTIONS }: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  PEGBAR_TEST_CLOCK_MS === undefined ? {} : { PEGBAR_TEST_CLOCK_MS, NODE_OPTIONS };

/** Runs a command of the CLI to its end. */
export function pegbar(
  args: readonly string[],
  options: {
    env?: Record<string, string>;
    input?: string;
    cwd?: string;
    onStart?: (child: ChildProcess) => void;
  } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: options.cwd ?? REPOSITORY,
      env: cleanEnvironment(options.env ?? {}),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    options.onStart?.(child);
  });
}

export class Server {
  readonly ready: Ready;
  /** What it said on stderr. */
  log = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  constructor(child: ChildProcess, ready: Ready, ended: Promise<number | null>) {
    this.child = child;
    this.ready = ready;
    this.ended = ended;
  }

  get url(): string {
    return this.ready.url;
  }

  async call(path: string, init: RequestInit & { key?: string } = {}): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (init.key !== undefined) headers.set('authorization', `Bearer ${init.key}`);
    const answer = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, text, json };
  }

  /** The answer of a GET that must succeed. */
  async get(path: string, key?: string): Promise<Answer['json']> {
    return orThrow(await this.call(path, key === undefined ? {} : { key }), path).json;
  }

  post(path: string, body: string, type: string, key?: string): Promise<Answer> {
    return this.call(path, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
      ...(key === undefined ? {} : { key }),
    });
  }

  async send(records: readonly Json[], key?: string): Promise<EventsVerdict> {
    const body = records.map((record) => JSON.stringify(record)).join('\n');
    return orThrow(await this.post('/api/v1/events', body, NDJSON, key), 'events').json;
  }

  /** Sends records of which none may be refused, and waits until they can be queried. */
  async store(records: readonly Json[], key?: string): Promise<void> {
    const verdict = await this.send(records, key);
    if (verdict.accepted !== records.length)
      throw new Error(`not all were taken: ${JSON.stringify(verdict)}`);
    await this.flush(key);
  }

  async flush(key?: string): Promise<void> {
    orThrow(
      await this.call('/api/v1/flush', { method: 'POST', ...(key === undefined ? {} : { key }) }),
      'flush',
    );
  }

  query(sql: string, key?: string): Promise<Answer> {
    return this.post('/api/v1/query', JSON.stringify({ sql }), 'application/json', key);
  }

  /** Rows of a query as objects by column. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async sql(sql: string, key?: string): Promise<Record<string, any>[]> {
    const { columns, rows, truncated } = orThrow(await this.query(sql, key), sql).json;
    if (truncated) throw new Error(`truncated: ${sql}`);
    return rows.map((row: unknown[]) =>
      Object.fromEntries(row.map((value, at) => [columns[at].name, value])),
    );
  }

  kpis(parameters: Record<string, string | readonly string[]>, key?: string): Promise<Kpis> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters))
      for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
    return this.get(`/api/v1/kpis?${query}`, key);
  }

  /** Runs a command of the CLI against this server. */
  cli(args: readonly string[], options: Parameters<typeof pegbar>[1] = {}): Promise<Run> {
    return pegbar(args, { ...options, env: { PEGBAR_URL: this.url, ...options.env } });
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    const code = await this.ended;
    clearTimeout(late);
    return code;
  }
}

function orThrow(answer: Answer, what: string): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`${what.slice(0, 300)}: ${answer.status} ${answer.text.slice(0, 1000)}`);
}

export interface StartOptions {
  data?: string;
  /** Says no folder: the server takes ./pegbar-data in its working directory, which is `data`. */
  defaultData?: boolean;
  args?: readonly string[];
  env?: Record<string, string>;
}

const FREE_PORTS = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];

/** Starts a server on free ports and waits for its ready document. */
export async function startServer(options: StartOptions = {}): Promise<Server> {
  const data = options.data ?? scratch('data');
  const where = options.defaultData ? [] : ['--data', data];
  const args = ['up', '--json', ...where, ...FREE_PORTS, ...(options.args ?? [])];
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: data,
    env: cleanEnvironment(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', stopWithUs);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      process.off('exit', stopWithUs);
      resolve(code);
    });
  });
  let log = '';
  let server: Server | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = `${log}${text}`.slice(-200_000);
    if (server) server.log = log;
  });
  const line = await firstLine(child, ended, () => log);
  server = new Server(child, JSON.parse(line) as Ready, ended);
  server.log = log;
  return server;
}

function firstLine(child: ChildProcess, ended: Promise<number | null>, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    const timer = setTimeout(() => fail('was not ready in time'), START_MS);
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the server ${why}\n${out.slice(-2000)}\n${log().slice(-2000)}`));
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const end = out.indexOf('\n');
      if (end < 0) return;
      clearTimeout(timer);
      resolve(out.slice(0, end));
    });
    void ended.then((code) => fail(`ended with ${code}`));
  });
}

/** 16 or 32 hexadecimal digits that differ from all others of this run. */
let nextId = 0;
export const hexId = (digits: 16 | 32): string =>
  `e2e${process.pid.toString(16)}`
    .replace(/[^0-9a-f]/g, '0')
    .padEnd(digits - 8, '7')
    .slice(0, digits - 8) + (++nextId).toString(16).padStart(8, '0');
