// A server with the simulated studio in it, told with a fixed seed; tests and the screenshots look at the same.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CLOCK_MS } from './clock.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const BIN = join(HERE, '../../packages/pegbar/bin/pegbar.js');
const FREE_PORTS = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
/** Two days take 20 s on an idle laptop; this is a machine with much else to do. */
const MOVE_IN_MS = 240_000;
/** And more for each day that is told beyond the two. */
const DAY_MOVES_IN_MS = 15_000;
const STOP_MS = 15_000;

const DAY_MS = 86_400_000;
/** Noon of a Wednesday. */
const A_NOON_MS = Date.UTC(2026, 0, 7, 12, 20);

/**
 * What a studio's clock is ahead of the machine's, negative where behind: so much that it is noon of the latest Wednesday.
 * What is found in a studio must not depend on the hour at which its tests run; `PEGBAR_STUDIO_AT` is another time.
 */
function pinnedBy_ms() {
  const said = process.env.PEGBAR_STUDIO_AT;
  if (said) return Date.parse(said) - Date.now();
  return -((Date.now() - A_NOON_MS) % (7 * DAY_MS));
}

/**
 * Starts `pegbar demo` and waits until the studio has moved in. `PEGBAR_STUDIO_URL` takes a running one instead, which
 * is quicker while a page is being made; `PEGBAR_STUDIO_OTLP` is then its OTLP address, for what sends spans.
 * @param {{ days?: number, args?: string[], pinned?: boolean }} [options] `pinned`: always the same hour and weekday there
 * @returns {Promise<{ url: string, login_url: string, key: string | null, otlp_http: string | null, ahead_ms: number, stop: () => Promise<void> }>}
 */
export async function startStudio({ days = 2, args = [], pinned = false } = {}) {
  const running = process.env.PEGBAR_STUDIO_URL;
  if (running) {
    const otlp_http = process.env.PEGBAR_STUDIO_OTLP ?? null;
    return { url: running, login_url: '', key: null, otlp_http, ahead_ms: 0, stop: async () => undefined };
  }
  const data = mkdtempSync(join(tmpdir(), 'pegbar-studio-'));
  const ahead_ms = pinned ? pinnedBy_ms() : 0;
  const clock = pinned ? ['--import', pathToFileURL(join(HERE, 'clock.mjs')).href] : [];
  const child = spawn(
    process.execPath,
    [
      ...clock,
      BIN,
      'demo',
      '--json',
      '--seed',
      '7',
      '--days',
      String(days),
      '--data',
      data,
      ...FREE_PORTS,
      ...args,
    ],
    {
      cwd: data,
      env: { ...process.env, PEGBAR_TEST_CLOCK_MS: String(CLOCK_MS + ahead_ms) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const withUs = () => child.kill('SIGKILL');
  process.once('exit', withUs);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    process.off('exit', withUs);
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
    rmSync(data, { recursive: true, force: true });
  };
  let [out, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (log = `${log}${text}`.slice(-20_000)));
  const until = Date.now() + MOVE_IN_MS + Math.max(0, days - 2) * DAY_MOVES_IN_MS;
  while (!(out.includes('\n') && log.includes('A studio moved in'))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`the studio did not move in\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const ready = JSON.parse(out.slice(0, out.indexOf('\n')));
  const { url, login_url, key, otlp_http } = ready;
  return { url, login_url, key, otlp_http, ahead_ms, stop };
}
