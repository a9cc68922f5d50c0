/** What the `child` and the `binary` launcher share: secrets, ports, waiting until it answers, ending it. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { INTERNAL_USER, serverConfig, usersConfig } from './config.ts';
import {
  type AnalystSlot,
  type Engine,
  type EngineKind,
  EngineStartError,
  type EngineTuning,
  slotName,
} from './engine.ts';
import { type GuardedProcess, spawnGuarded } from './guard.ts';

export interface LocalOptions {
  /** Folder of the engine's own; tables, configuration and temporary files lie in it. */
  dir: string;
  tuning: EngineTuning;
  clock: Clock;
  log: Log;
}

/** What one kind of local engine adds to the shared configuration. */
export interface LocalProgram {
  command: string;
  args: string[];
  /** The process asks the kernel to die with us (`child.mjs` on Linux). */
  diesWithParent: boolean;
}

/** Opening thousands of parts after a crash took 1 s for 1,000; a slow disk gets two minutes. */
const START_TIMEOUT_MS = 120_000;
/** A start takes half a second; who waits this long wants to know for what. */
const SLOW_START_MS = 10_000;
const POLL_MS = 25;
/** Another process may take the free port between our look and the engine's bind. */
const PORT_ATTEMPTS = 3;
/** The child does not end of it: it has its prompt, and would be waited for in vain. */
const PORT_TAKEN = /address already in use|Listen \[.*\] failed/i;
/** SIGTERM ends it within 35 ms unless it writes; then the disk may need a moment. */
const STOP_TIMEOUT_MS = 5_000;
const PASSWORD_BYTES = 24;

export async function startLocal(
  kind: EngineKind,
  options: LocalOptions,
  program: (port: number, configFile: string) => LocalProgram,
  extra: (port: number) => Record<string, string | number>,
): Promise<Engine> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const password = newPassword();
  const slots = newSlots(options.tuning.slots);
  let last = '';
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = await freePort();
    const configFile = writeConfig(options, password, slots, extra(port));
    const { command, args, diesWithParent } = program(port, configFile);
    const engineProcess = spawnGuarded(command, args, {
      diesWithParent,
      home: options.dir,
      onLine: (line) => options.log.debug({ engine: kind }, line),
    });
    const url = `http://127.0.0.1:${port}`;
    const failure = await untilReady(engineProcess, url, password, options);
    if (failure === null)
      return engineOf(kind, { url, password, slots, engineProcess, clock: options.clock });
    engineProcess.signal('SIGKILL');
    await engineProcess.exited;
    last = failure;
    if (!PORT_TAKEN.test(failure)) break;
  }
  throw startError(last);
}

function startError(text: string): EngineStartError {
  if (/lock file.*status|CANNOT_OPEN_FILE.*status|Another server instance/is.test(text)) {
    return new EngineStartError(
      'another engine has this data directory open',
      'stop the other Pegbar that uses the same --data directory',
      true,
    );
  }
  return new EngineStartError(
    `the engine did not start: ${text.slice(-2_000)}`,
    'see the log above; run `pegbar doctor`',
    true,
  );
}

function engineOf(
  kind: EngineKind,
  parts: { url: string; password: string; slots: AnalystSlot[]; engineProcess: GuardedProcess; clock: Clock },
): Engine {
  const { engineProcess, clock } = parts;
  let stopping = false;
  const kill = async (): Promise<void> => {
    engineProcess.signal('SIGKILL');
    await engineProcess.exited;
  };
  return {
    kind,
    url: parts.url,
    user: INTERNAL_USER,
    password: parts.password,
    analystPool: parts.slots,
    pid: engineProcess.pid,
    kill,
    async stop() {
      stopping = true;
      engineProcess.signal('SIGTERM');
      const patience = new AbortController();
      await Promise.race([engineProcess.exited, clock.sleep(STOP_TIMEOUT_MS, patience.signal)]);
      patience.abort();
      await kill();
    },
    onDeath(callback) {
      void engineProcess.exited.then((reason) => {
        if (!stopping) callback(`${reason}: ${engineProcess.tail().trim().slice(-500)}`);
      });
    },
  };
}

/** Null when the endpoint answers our own user, else why it never will. */
async function untilReady(
  engineProcess: GuardedProcess,
  url: string,
  password: string,
  { clock, log }: LocalOptions,
): Promise<string | null> {
  let gone: string | null = null;
  void engineProcess.exited.then((reason) => {
    gone = reason;
  });
  const began = clock.monotonic();
  let slow = began + SLOW_START_MS;
  while (clock.monotonic() < began + START_TIMEOUT_MS) {
    if (gone !== null) return `${gone}: ${engineProcess.tail().trim()}`;
    if (PORT_TAKEN.test(engineProcess.tail())) return engineProcess.tail().trim();
    // With the password, so that a stranger on the same port is not taken for the engine.
    if (await answers(url, INTERNAL_USER, password)) return null;
    if (clock.monotonic() > slow) {
      slow += SLOW_START_MS;
      const seconds = Math.round((clock.monotonic() - began) / 1000);
      const told = engineProcess.tail().trim().slice(-500);
      log.warn({ pid: engineProcess.pid, seconds, told }, 'the engine has started but does not answer yet');
    }
    await clock.sleep(POLL_MS);
  }
  return `no answer within ${START_TIMEOUT_MS} ms: ${engineProcess.tail().trim()}`;
}

/** True when `SELECT 1` succeeds for this user within the deadline. */
export function answers(url: string, user: string, password: string, timeout_ms = 5_000): Promise<boolean> {
  const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
  return succeeds(`${url}/?query=SELECT%201`, headers, timeout_ms);
}

/** True when it takes connections and replies to them, which costs it a fifth of a query. */
export function replies(url: string, timeout_ms: number): Promise<boolean> {
  return succeeds(`${url}/ping`, {}, timeout_ms);
}

function succeeds(url: string, headers: Record<string, string>, timeout_ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(url, { headers, agent: false, timeout: timeout_ms }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode === 200));
      answer.once('error', () => resolve(false));
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(false));
    call.once('close', () => resolve(false));
    call.end();
  });
}

function writeConfig(
  options: LocalOptions,
  password: string,
  slots: AnalystSlot[],
  extra: Record<string, string | number>,
): string {
  const usersFile = join(options.dir, 'users.xml');
  const configFile = join(options.dir, 'config.xml');
  const { tuning } = options;
  writePrivate(usersFile, usersConfig({ password, slots, tuning }));
  writePrivate(configFile, serverConfig({ usersFile, tuning, extra }));
  return configFile;
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600); // `mode` counts only when the file is new.
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

export function newSlots(count: number, prefix?: string): AnalystSlot[] {
  return Array.from({ length: count }, (_, index) => {
    const name = slotName(index, prefix);
    return { user: name, password: newPassword(), database: name };
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
