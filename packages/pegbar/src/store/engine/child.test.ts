import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { childLauncher, findLibrary } from './child.ts';
import type { Engine } from './engine.ts';
import { startLocal } from './local.ts';
import { engineMissing, startTestEngine, TEST_TUNING, type TestEngine } from './testing.ts';

const missing = engineMissing();
const ENTRY = fileURLToPath(new URL('./child.mjs', import.meta.url));

describe.skipIf(missing !== null)(`the child engine${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let test: TestEngine;
  beforeAll(async () => {
    test = await startTestEngine();
  });
  afterAll(() => test.stop());

  it('answers its internal user and refuses a wrong password', async () => {
    const engine = test.supervisor.current()!;
    expect(await sql(engine, 'SELECT 41 + 1')).toEqual({ status: 200, text: '42\n' });
    expect((await sql({ ...engine, password: 'guess' }, 'SELECT 1')).text).toContain('AUTHENTICATION_FAILED');
  });

  it('gives the password-less default user nothing but listening', async () => {
    const stranger = { ...test.supervisor.current()!, user: 'default', password: '' };
    for (const attempt of [
      'SELECT 1',
      'SELECT * FROM system.users',
      "SELECT file('/etc/passwd')",
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      'CREATE DATABASE mine',
      'SHOW DATABASES',
      'SET max_ast_depth = 1000',
      'SYSTEM SHUTDOWN',
      'USE system',
    ]) {
      for (const url of [stranger.url, `${stranger.url}/?max_ast_depth=100&max_ast_elements=100`]) {
        const { status, text } = await sql({ ...stranger, url }, attempt);
        expect(`${attempt}: ${status} ${text}`).toMatch(/TOO_DEEP_AST|CONSTRAINT_VIOLATION|ACCESS_DENIED/);
      }
    }
    expect((await sql(stranger, 'SYSTEM START LISTEN HTTP')).status).toBe(200);
  });

  it('writes its secrets for the owner only', () => {
    for (const file of ['users.xml', 'config.xml']) {
      expect(statSync(join(test.dir, 'engine', file)).mode & 0o777).toBe(0o600);
    }
    const users = readFileSync(join(test.dir, 'engine', 'users.xml'), 'utf8');
    expect(users).not.toContain(test.supervisor.current()!.password);
  });

  it('applies the durability settings to every table', async () => {
    const { text } = await sql(
      test.supervisor.current()!,
      `SELECT name, value FROM system.merge_tree_settings
       WHERE name IN ('fsync_after_insert', 'fsync_part_directory', 'old_parts_lifetime') ORDER BY name`,
    );
    expect(text).toBe('fsync_after_insert\t1\nfsync_part_directory\t1\nold_parts_lifetime\t480\n');
  });

  it('lives through garbage, half-sent requests and reset connections', async () => {
    const engine = test.supervisor.current()!;
    const port = Number(new URL(engine.url).port);
    const bodies = [
      Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 97) % 256)),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nX-Half'),
      Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n'),
      Buffer.from(`GET /?query=SELECT%201 HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(300_000)}\r\n\r\n`),
      Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nSELECT'),
      Buffer.alloc(0),
    ];
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(bodies.map((body, index) => abuse(port, body, (round + index) % 2 === 0)));
    }
    // A reader that goes away while rows are on their way.
    for (let round = 0; round < 10; round += 1) await hangUpWhileReading(engine);
    expect(await sql(engine, 'SELECT 1')).toEqual({ status: 200, text: '1\n' });
    expect(test.supervisor.current()?.pid).toBe(engine.pid);
    expect(test.supervisor.restarts()).toBe(0);
  });

  it('comes back with its tables and new secrets after a kill', async () => {
    const before = test.supervisor.current()!;
    await sql(before, 'CREATE DATABASE pegbar ENGINE = Atomic');
    await sql(before, 'CREATE TABLE pegbar.t (x UInt64) ENGINE = MergeTree ORDER BY x');
    await sql(before, 'INSERT INTO pegbar.t SELECT number FROM numbers(1000)');
    const seen: Engine[] = [];
    test.supervisor.onUp((engine) => void seen.push(engine));
    process.kill(before.pid!, 'SIGKILL');
    await gone(before.pid!);
    while (test.supervisor.current()?.pid === before.pid) await systemClock.sleep(10);
    const after = await test.supervisor.ready();
    expect(seen).toEqual([after]);
    expect(after.password).not.toBe(before.password);
    expect(await sql(after, 'SELECT count(), sum(x) FROM pegbar.t')).toEqual({
      status: 200,
      text: '1000\t499500\n',
    });
    expect(test.counters.total('pegbar_engine_restarts_total')).toBe(1);
  });

  it('refuses a second engine on the same data with a sentence that helps', async () => {
    const launcher = childLauncher({
      dir: join(test.dir, 'engine'),
      tuning: TEST_TUNING,
      clock: systemClock,
      log: silentLog,
    });
    await expect(launcher.start()).rejects.toThrow('another engine has this data directory open');
  });

  it('takes another port at once where the one it chose was taken meanwhile', async () => {
    const ports: number[] = [];
    const thief = createServer((socket) => socket.destroy());
    const { path } = findLibrary() as { path: string };
    const dir = join(test.dir, 'second');
    const engine = await startLocal(
      'child',
      { dir, tuning: TEST_TUNING, clock: systemClock, log: silentLog },
      (port, configFile) => {
        if (ports.push(port) === 1) thief.listen(port); // All addresses; bound before it returns.
        const args = [ENTRY, String(process.pid), path, 'clickhouse', `--path=${join(dir, 'db')}`];
        const listen = ['--listen_host=127.0.0.1', `--http_port=${port}`, `--config-file=${configFile}`];
        const query = ['--interactive', '--log-level=fatal', '--query=SYSTEM START LISTEN HTTP'];
        return { command: process.execPath, args: [...args, ...listen, ...query], diesWithParent: true };
      },
      () => ({}),
    );
    expect(ports).toHaveLength(2);
    expect(engine.url).toBe(`http://127.0.0.1:${ports[1]}`);
    await engine.stop();
    thief.close();
  });
});

describe.skipIf(missing !== null || process.platform !== 'linux')('the child engine and its parent', () => {
  const dirs: string[] = [];
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });

  /** A parent process that starts the engine and sleeps. */
  async function startFamily(): Promise<{ parent: number; engine: number }> {
    const dir = mkdtempSync(join(tmpdir(), 'pegbar-family-'));
    dirs.push(dir);
    const script = join(dir, 'parent.mjs');
    const library = findLibrary() as { path: string };
    const args = ['clickhouse', `--path=${dir}/db`, '--interactive', '--query=SELECT 1 FORMAT Null'];
    writeFileSync(
      script,
      `import { spawn } from 'node:child_process';
       const child = spawn(process.execPath, [${JSON.stringify(ENTRY)}, String(process.pid), ${JSON.stringify(library.path)},
         ...${JSON.stringify(args)}], { stdio: ['ignore', 'ignore', 'ignore'], detached: true });
       process.stdout.write(String(child.pid) + '\\n');
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, [script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const engine = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    for (let i = 0; i < 1_500 && !existsSync(join(dir, 'db', 'status')); i += 1) await systemClock.sleep(20);
    expect(existsSync(join(dir, 'db', 'status'))).toBe(true);
    return { parent: parent.pid!, engine };
  }

  it('dies with its parent when the parent alone is killed', async () => {
    const { parent, engine } = await startFamily();
    process.kill(parent, 'SIGKILL');
    await gone(engine);
  });

  it("dies with its parent when the parent's whole group is killed", async () => {
    const { parent, engine } = await startFamily();
    process.kill(-parent, 'SIGKILL');
    await gone(engine);
  });

  it('does not start for a parent that is gone already', async () => {
    const library = findLibrary() as { path: string };
    const child = spawn(process.execPath, [ENTRY, '1', library.path, 'clickhouse', '--query=SELECT 1']);
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
  });
});

/** Resolves when no process (zombies aside) has this pid; rejects after 30 s. */
async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 3_000; i += 1) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return;
    } catch {
      return;
    }
    await systemClock.sleep(10);
  }
  throw new Error(`process ${pid} lives on`);
}

function sql(
  engine: { url: string; user: string; password: string },
  text: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'X-ClickHouse-User': engine.user, 'X-ClickHouse-Key': engine.password };
    const call = request(engine.url, { method: 'POST', headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text: body }));
    });
    call.once('error', reject);
    call.end(text);
  });
}

function abuse(port: number, bytes: Buffer, reset: boolean): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.once('connect', () => {
      socket.write(bytes);
      setTimeout(() => (reset ? socket.resetAndDestroy() : socket.destroy()), 20);
    });
  });
}

function hangUpWhileReading(engine: Engine): Promise<void> {
  return new Promise((resolve) => {
    const headers = { 'X-ClickHouse-User': engine.user, 'X-ClickHouse-Key': engine.password };
    const call = request(engine.url, { method: 'POST', headers, agent: false }, (answer) => {
      answer.once('data', () => answer.socket.resetAndDestroy());
      answer.on('error', () => {});
      answer.once('close', () => resolve());
    });
    call.once('error', () => resolve());
    call.end('SELECT number, toString(number) FROM numbers(30000000)');
  });
}
