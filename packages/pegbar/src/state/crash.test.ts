import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSqlite } from './sqlite.ts';

const ROUNDS = 5;
const here = dirname(fileURLToPath(import.meta.url));
let folder: string;
let child: string;

/** The child must run without a test runner, so the adapter as it stands now is compiled for it. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-crash-'));
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const options =
    '--ignoreConfig --module nodenext --target es2023 --rewriteRelativeImportExtensions --skipLibCheck --types node --rootDir ..';
  execFileSync(
    process.execPath,
    [
      join(typescript, 'bin', 'tsc'),
      ...options.split(' '),
      '--outDir',
      join(folder, 'built'),
      join(here, 'sqlite.ts'),
    ],
    { cwd: here },
  );
  symlinkSync(dirname(typescript), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  child = join(folder, 'child.js');
  writeFileSync(
    child,
    `import { openSqlite } from './built/state/sqlite.js';
     const [path, round] = process.argv.slice(2);
     const state = openSqlite(path);
     await state.run('create table if not exists acked (round bigint, n bigint, primary key (round, n))');
     for (let n = 0; ; n += 1) {
       await state.run('insert into acked (round, n) values (?, ?)', [Number(round), n]);
       process.stdout.write(n + '\\n');
     }`,
  );
  mkdirSync(join(folder, 'data'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Lets the child commit for a while, kills it in the middle, and returns the last number it reported. */
function killedAfter(path: string, round: number, ms: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, path, String(round)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    running.stdout.on('data', (chunk) => {
      if (out === '') setTimeout(() => running.kill('SIGKILL'), ms);
      out += chunk;
    });
    running.stderr.on('data', (chunk) => (err += chunk));
    running.on('close', () => {
      const lines = out.split('\n').slice(0, -1);
      if (lines.length === 0) reject(new Error(`the child acknowledged nothing: ${err}`));
      else resolve(Number(lines.at(-1)));
    });
  });
}

it('keeps every commit that was acknowledged before kill -9', async () => {
  const path = join(folder, 'data', 'state.db');
  for (let round = 0; round < ROUNDS; round += 1) {
    const last = await killedAfter(path, round, 40 + round * 35);
    const state = openSqlite(path);
    const stored = await state.get<{ c: number; top: number }>(
      'select count(*) as c, max(n) as top from acked where round = ?',
      [round],
    );
    // The one in flight may be there too; nothing is missing in between.
    expect(stored!.top).toBeGreaterThanOrEqual(last);
    expect(stored!.c).toBe(stored!.top + 1);
    expect(await state.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
    await state.close();
  }
});
