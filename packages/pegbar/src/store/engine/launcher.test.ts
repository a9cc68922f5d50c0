import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { isMusl } from './child.ts';
import { defaultTuning, EngineStartError } from './engine.ts';
import { GUARD } from './guard.ts';
import { createLauncher, type LauncherOptions } from './launcher.ts';
import { engineMissing, startTestEngine, TEST_TUNING, type TestEngine } from './testing.ts';
import { slotStatements } from './url.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'pegbar-launcher-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const options = (engine: string, searchPath = ''): LauncherOptions => ({
  engine,
  dir: join(dir, 'engine'),
  tuning: TEST_TUNING,
  clock: systemClock,
  log: silentLog,
  searchPath,
});

/** A `clickhouse` that reads its configuration and answers like one. */
function fakeBinary(): string {
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs');
const config = readFileSync(process.argv.find((a) => a.startsWith('--config-file=')).slice(14), 'utf8');
if (process.argv[2] !== 'server') process.exit(2);
writeFileSync(${JSON.stringify(join(dir, 'binary.pid'))}, String(process.pid));
const port = Number(/<http_port>(\\d+)</.exec(config)[1]);
require('node:http').createServer((q, r) => r.end('1\\n')).listen(port, '127.0.0.1');
`;
  writeFileSync(join(bin, 'clickhouse'), script);
  chmodSync(join(bin, 'clickhouse'), 0o755);
  return bin;
}

it('takes an address, else the embedded engine, else a binary, and says what the choices are', () => {
  expect(createLauncher(options('http://db:8123')).kind).toBe('url');
  expect(createLauncher(options('child')).kind).toBe('child');
  expect(createLauncher(options('binary')).kind).toBe('binary');
  expect(createLauncher(options('auto', fakeBinary())).kind).toBe(engineMissing() ? 'binary' : 'child');
  expect(() => createLauncher(options('duckdb'))).toThrow(EngineStartError);
});

it('names the cure where nothing is installed', async () => {
  await expect(createLauncher(options('binary', '/nowhere')).start()).rejects.toMatchObject({
    message: expect.stringContaining('PATH'),
    cure: expect.stringContaining('install ClickHouse'),
    retryable: false,
  });
  expect(isMusl('linux', { header: {} })).toBe(true);
  expect(isMusl('linux', { header: { glibcVersionRuntime: '2.36' } })).toBe(false);
  expect(isMusl('darwin', { header: {} })).toBe(false);
});

it('runs a binary as a server of its own and ends it', async () => {
  const engine = await createLauncher(options('binary', fakeBinary())).start();
  const config = readFileSync(join(dir, 'engine', 'config.xml'), 'utf8');
  expect(config).toContain(`<path>${join(dir, 'engine', 'db')}/</path>`);
  expect(config).toContain('<listen_host>127.0.0.1</listen_host>');
  const pid = Number(readFileSync(join(dir, 'binary.pid'), 'utf8'));
  await engine.stop();
  await gone(pid);
});

it('ends a guarded binary when its parent is killed', async () => {
  rmSync(join(dir, 'binary.pid'), { force: true });
  const config = join(dir, 'guarded.xml');
  writeFileSync(config, '<http_port>0</http_port>');
  const script = `const child = require('node:child_process').spawn('/bin/sh', ['-c', ${JSON.stringify(GUARD)}, 'g',
    ${JSON.stringify(join(fakeBinary(), 'clickhouse'))}, 'server', ${JSON.stringify(`--config-file=${config}`)}],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], detached: true }); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', script]);
  const told = (): string =>
    existsSync(join(dir, 'binary.pid')) ? readFileSync(join(dir, 'binary.pid'), 'utf8') : '';
  // It is there, and empty, for a moment before the number is.
  while (told() === '') await systemClock.sleep(20);
  const pid = Number(told());
  parent.kill('SIGKILL');
  await gone(pid);
});

it('gives the engine at most half of a machine, within bounds', () => {
  expect(defaultTuning({ memory_bytes: 1e9, cores: 1 })).toMatchObject({ memory_bytes: 7e8, threads: 1 });
  expect(defaultTuning({ memory_bytes: 16e9, cores: 4 })).toMatchObject({ memory_bytes: 8e9, threads: 2 });
  expect(defaultTuning({ memory_bytes: 512e9, cores: 64 }).memory_bytes).toBe(8e9);
});

const missing = engineMissing();
describe.skipIf(missing !== null)('an engine behind an address', () => {
  let test: TestEngine;
  beforeAll(async () => {
    test = await startTestEngine();
  });
  afterAll(() => test.stop());

  it('is used with the user that was given, and without analysts where it lets us make none', async () => {
    const { url, user, password } = test.supervisor.current()!;
    const engine = await createLauncher({ ...options(url), user, password }).start();
    expect(engine).toMatchObject({ kind: 'url', url, user, analystPool: [] });
    const inAddress = new URL(url);
    inAddress.username = user;
    inAddress.password = password;
    expect(await createLauncher(options(inAddress.href)).start()).toMatchObject({ url, user, password });
  });

  it('that refuses us says so, and that trying again is no use', async () => {
    const { url } = test.supervisor.current()!;
    await expect(
      createLauncher({ ...options(url), user: 'pegbar', password: 'guess' }).start(),
    ).rejects.toMatchObject({ retryable: false, cure: expect.stringContaining('password') });
    await expect(createLauncher(options('http://127.0.0.1:1')).start()).rejects.toMatchObject({
      retryable: true,
    });
  });

  it('makes its readers read-only and bounded', () => {
    const [, user, grant] = slotStatements({ user: 'u', password: 'p', database: 'd' }, TEST_TUNING);
    expect(user).toContain('readonly = 1');
    expect(user).toContain(`max_execution_time = ${TEST_TUNING.analyst.execution_s}`);
    expect(grant).toBe('GRANT SELECT ON d.* TO u');
  });
});

/** Resolves when no process has this pid; rejects after 30 s. */
async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 3_000; i += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await systemClock.sleep(10);
  }
  throw new Error(`process ${pid} lives on`);
}
