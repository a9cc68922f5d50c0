// The product as a user starts it, with the ways in which it can be hurt.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steadyPort } from '../ports.mjs';

/** Resolves after `ms`, or at once when the signal aborts. */
export const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** A built tree to test in place of this one, so that work goes on in this one meanwhile. */
const ROOT = process.env.PEGBAR_DIR ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** A start takes about a second; a busy machine and a full spool take longer, and the engine itself is given two minutes. */
const READY_MS = 150_000;
/** Restarts of the engine, loading and counting included. */
const FLUSH_MS = 240_000;
const LOG_KEPT = 200_000;

/** Fields of /proc/PID/stat behind the name, which may hold anything: state, ppid, pgrp, … */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

export class Product {
  /** Starts on free ports that stay the same over restarts, so that senders find it again. */
  static async start({ args = [], data } = {}) {
    const product = new Product();
    product.args = args;
    product.data = data ?? mkdtempSync(join(tmpdir(), 'pegbar-faults-'));
    product.ownsData = data === undefined;
    product.ports = [await steadyPort(), await steadyPort(), await steadyPort()];
    product.starts = 0;
    await product.up();
    return product;
  }

  get url() {
    return `http://127.0.0.1:${this.ports[0]}`;
  }

  get traces() {
    return `http://127.0.0.1:${this.ports[1]}/v1/traces`;
  }

  async up() {
    const began = performance.now();
    const [port, http, grpc] = this.ports.map(String);
    const flags = ['--port', port, '--otlp-http-port', http, '--otlp-grpc-port', grpc, ...this.args];
    const bin = join(ROOT, 'packages', 'pegbar', 'bin', 'pegbar.js');
    this.log = '';
    this.ended = undefined;
    this.child = spawn(process.execPath, [bin, 'up', '--json', '--data', this.data, ...flags], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (data) => {
        this.log = (this.log + data).slice(-LOG_KEPT);
      });
    this.exit = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => {
        this.ended = { code, signal };
        resolve();
      });
    });
    while (performance.now() - began < READY_MS) {
      if (this.ended) throw new Error(`ended ${JSON.stringify(this.ended)}\n${this.log.slice(-3000)}`);
      const ready = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) {
        this.starts++;
        this.readyMs = Math.round(performance.now() - began);
        return;
      }
      await sleep(30);
    }
    throw new Error(`not ready in ${READY_MS} ms; ${this.engineNow()}\n${this.log.slice(-3000)}`);
  }

  /** The engine's process: the child that is not a thread of ours. */
  enginePid() {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (Number(statOf(name)[1]) === this.child.pid) return Number(name);
      } catch {
        // It ended meanwhile.
      }
    }
    return undefined;
  }

  /** What the engine does at this moment: its threads by state, and the processor time that it has had. */
  engineNow() {
    const pid = this.enginePid();
    if (pid === undefined) return 'no engine runs';
    const states = readdirSync(`/proc/${pid}/task`).map((task) => statOf(`${pid}/task/${task}`)[0]);
    const [user, system] = statOf(pid).slice(11, 13);
    return `engine ${pid}: threads ${states.join('')}, ${user} + ${system} ticks`;
  }

  /** `server`: it alone; `group`: all its processes, as a power cut would; `engine`: the engine alone. */
  async kill(what) {
    if (what === 'engine') return this.signalEngine('SIGKILL');
    process.kill(what === 'group' ? -this.child.pid : this.child.pid, 'SIGKILL');
    await this.exit;
    return true;
  }

  /** False where there is no engine at the moment. */
  signalEngine(signal) {
    const pid = this.enginePid();
    if (pid === undefined) return false;
    process.kill(pid, signal);
    return true;
  }

  async api(path, init = {}) {
    const answer = await fetch(`${this.url}${path}`, {
      signal: AbortSignal.timeout(60_000),
      ...init,
      headers: { 'content-type': 'application/json', ...init.headers },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  /** Everything acknowledged is queryable and counted; tries again while the engine comes back. */
  async flush() {
    for (const end = performance.now() + FLUSH_MS; ; await sleep(500)) {
      const left = Math.ceil(Math.max(1000, end - performance.now()));
      try {
        return await this.api('/api/v1/flush', { method: 'POST', signal: AbortSignal.timeout(left) });
      } catch (error) {
        if (performance.now() >= end) throw new Error(`not flushed in ${FLUSH_MS} ms: ${error.message}`);
      }
    }
  }

  async sql(sql) {
    const answer = await this.api('/api/v1/query', { method: 'POST', body: JSON.stringify({ sql }) });
    if (answer.truncated) throw new Error(`more rows than an answer holds: ${sql}`);
    return answer.rows;
  }

  status() {
    return this.api('/api/v1/status');
  }

  /** Value of one of the server's own counters, summed over its labels. */
  async counter(name) {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    let sum = 0;
    for (const line of text.split('\n'))
      if (line === name || line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        sum += Number(line.slice(line.lastIndexOf(' ') + 1));
    return sum;
  }

  /** Resident memory of the server without the engine, MB. */
  residentMb() {
    return (Number(statOf(this.child.pid)[21]) * 4096) / 1e6;
  }

  async stop() {
    if (!this.ended) {
      process.kill(this.child.pid, 'SIGTERM');
      const late = setTimeout(() => process.kill(-this.child.pid, 'SIGKILL'), 20_000);
      await this.exit;
      clearTimeout(late);
    }
    if (this.ownsData) rmSync(this.data, { recursive: true, force: true });
  }
}
