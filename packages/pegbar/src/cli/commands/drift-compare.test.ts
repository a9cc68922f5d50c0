import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '@pegbar/stats';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../testkit.ts';

const folder = mkdtempSync(join(tmpdir(), 'pegbar-drift-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const random = seededRandom(9);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const csv = (name: string, head: string, rows: readonly string[]) =>
  put(name, `${[head, ...rows].join('\n')}\n`);
const draw = (n: number, one: (i: number) => string) => Array.from({ length: n }, (_, i) => one(i));
const compare = async (reference: string, current: string, ...options: string[]) => {
  const ran = await cli([
    'drift',
    'compare',
    '--reference',
    reference,
    '--current',
    current,
    '--json',
    ...options,
  ]);
  return { ...ran, columns: ran.exit === 2 ? [] : JSON.parse(ran.stdout).columns };
};
const latency = (name: string, n: number, factor: number) =>
  csv(
    name,
    'latency_ms,sampler',
    draw(n, () => `${(1000 * factor * Math.exp(normal())).toFixed(1)},${random() < 0.7 ? 'euler' : 'ddim'}`),
  );

const before = latency('before.csv', 1500, 1);

test('equal files end with 0, a shifted one with 1, a tiny one with 4', async () => {
  expect((await compare(before, latency('same.csv', 1500, 1))).exit).toBe(0);
  const shifted = await compare(before, latency('slower.csv', 1500, 1.6));
  expect(shifted.exit).toBe(1);
  expect(shifted.columns.map((one: { verdict: string }) => one.verdict)).toEqual(['drift', 'no_drift']);
  expect(shifted.columns[0].shift_interval[0]).toBeGreaterThan(200);
  const tiny = await compare(before, latency('tiny.csv', 6, 9));
  expect(tiny.exit).toBe(4);
  expect(tiny.columns[0].n_needed).toBeGreaterThan(100);
});

test('the document has exactly the fields that scripts hold on to', async () => {
  const { columns } = await compare(before, before);
  expect(Object.keys(columns[0])).toEqual(
    'column verdict n_ref n_cur shift shift_interval unit psi psi_debiased p missing_rate_change new_categories contributors n_needed within mix'.split(
      ' ',
    ),
  );
});

test('CSV, gzipped CSV and NDJSON say the same', async () => {
  const rows = draw(400, (i) => `${i % 17},${i % 3}`);
  const plain = csv('a.csv', 'x,y', rows);
  const packed = put('a.csv.gz', gzipSync(['x,y', ...rows].join('\n')));
  const lines = rows.map((row) => row.split(',').map(Number)).map(([x, y]) => JSON.stringify({ x, y }));
  const ndjson = put('a.ndjson', `\uFEFF${lines.join('\n')}`.replace('\uFEFF', ''));
  const [first, second, third] = await Promise.all(
    [plain, packed, ndjson].map((file) => compare(before.replace('before.csv', 'a.csv'), file)),
  );
  expect(second!.columns).toEqual(first!.columns);
  expect(third!.columns).toEqual(first!.columns);
});

test('missing, infinite, constant, empty and headless files get a verdict', async () => {
  const full = csv(
    'full.csv',
    'a,b',
    draw(300, (i) => `${i % 10},5`),
  );
  const gone = csv(
    'gone.csv',
    'a,b',
    draw(300, () => ',5'),
  );
  const endless = csv(
    'endless.csv',
    'a,b',
    draw(300, (i) => `${i % 4 ? i % 10 : 'inf'},5`),
  );
  expect((await compare(full, gone)).columns[0]).toMatchObject({
    verdict: 'drift',
    missing_rate_change: 1,
    n_cur: 0,
  });
  expect((await compare(full, endless)).columns[0].verdict).toBe('drift');
  expect((await compare(full, full)).columns[1].verdict).toBe('no_drift');
  const none = put('none.csv', '');
  expect((await compare(full, none)).exit).toBe(4);
  expect((await compare(none, none)).exit).toBe(4);
  expect((await compare(none, full)).exit).toBe(4);
});

test('a week matches a Sunday by its hours, and only then', async () => {
  const row = (at: number) => {
    const time = new Date(at);
    const level = time.getUTCDay() === 0 || time.getUTCDay() === 6 ? 200 : 100;
    return `${time.toISOString()},${(level * Math.exp(0.4 * normal())).toFixed(2)}`;
  };
  const start = Date.parse('2026-03-02T00:00:00Z');
  const weeks = csv(
    'weeks.csv',
    't,x',
    draw(8064, (i) => row(start + i * 300_000)),
  );
  const sunday = csv(
    'sunday.csv',
    't,x',
    draw(1440, (i) => row(Date.parse('2026-04-05T00:00:00Z') + i * 60_000)),
  );
  expect((await compare(weeks, sunday)).exit).toBe(1);
  expect((await compare(weeks, sunday, '--time', 't')).exit).toBe(0);
});

test('rows of one session are not as many observations', async () => {
  const sessions = (name: string, shift: number) => {
    let level = 0;
    return csv(
      name,
      'session,x',
      draw(2000, (i) => {
        if (i % 50 === 0) level = normal() + shift;
        return `${name}${Math.floor(i / 50)},${(level + 0.1 * normal()).toFixed(3)}`;
      }),
    );
  };
  const [a, b] = [sessions('s1.csv', 0), sessions('s2.csv', 0.2)];
  expect((await compare(a, b, '--column', 'x')).exit).toBe(1);
  expect((await compare(a, b, '--column', 'x', '--group-by', 'session')).exit).not.toBe(1);
});

test('what is wrong is named with file, line and column, and ends with 2', async () => {
  const words = csv('words.csv', 'x,y', ['1,2', 'three,4']);
  for (const [files, options, message] of [
    [[before, join(folder, 'nowhere.csv')], [], 'nowhere.csv cannot be read'],
    [[before, before], ['--column', 'latency'], 'there is no column latency; there are latency_ms, sampler'],
    [
      [words, words],
      ['--column', 'x', '--kind', 'numeric'],
      'words.csv line 3: column x is "three", not a number',
    ],
    [[before, before], ['--time', 'sampler'], 'line 2: column sampler is'],
    [
      [csv('ragged.csv', 'a,b', ['1,2', '1,2,3']), before],
      [],
      'ragged.csv line 3: has 3 fields, the header has 2',
    ],
    [[put('broken.ndjson', '{"a":1}\n{"a":'), before], [], 'broken.ndjson line 2: no JSON'],
    [[put('broken.parquet', 'PAR1 and no more'), before], [], 'cannot be read as Parquet'],
    [[before, before], ['--least-effect', '-1'], 'say a number above 0'],
  ] as const) {
    const { exit, stderr } = await compare(files[0], files[1], ...options);
    expect(exit, message).toBe(2);
    expect(stderr).toContain(message);
  }
});
