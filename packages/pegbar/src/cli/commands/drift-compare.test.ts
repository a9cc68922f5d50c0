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

const numbers = (name: string, factor: number, write: (value: number, i: number) => string, head = 'x') =>
  csv(
    name,
    head,
    draw(600, (i) => write(100 * factor * Math.exp(0.5 * normal()), i)),
  );

test('a word among numbers hides no drift: it counts as missing and is told; codes with a word stay categories', async () => {
  const withWords = (value: number, i: number): string => (i % 200 === 7 ? 'N/A' : value.toFixed(2));
  const slower = await compare(numbers('na1.csv', 1, withWords), numbers('na2.csv', 3, withWords));
  expect(slower.columns[0]).toMatchObject({ verdict: 'drift', n_ref: 597, n_cur: 597, unit: '' });
  expect(slower.columns[0].shift).toBeGreaterThan(100);
  expect(slower.stderr).toContain('x: 6 of 1,200 values are no numbers and count as missing: N/A');

  const gone = await compare(
    numbers('na1.csv', 1, withWords),
    numbers('na3.csv', 1, () => 'NULL'),
  );
  expect(gone.columns[0]).toMatchObject({ verdict: 'drift', n_cur: 0 });

  const codes = (name: string, odd: string) =>
    csv(
      name,
      'code',
      draw(400, (i) => (i % 4 === 0 ? odd : String(200 + (i % 3)))),
    );
  const coded = await compare(codes('c1.csv', '404'), codes('c2.csv', 'none'));
  expect(coded.columns[0]).toMatchObject({ verdict: 'drift', new_categories: ['none'] });
});

test('where nearly every value is another, "no drift" is not left to be read as an answer', async () => {
  const odd = (value: number, i: number): string => `$${value.toFixed(2)}-${i}`;
  const { exit, stderr } = await compare(numbers('d1.csv', 1, odd), numbers('d2.csv', 9, odd));
  expect(exit).toBe(0);
  expect(stderr).toContain('nearly every value is another');
  expect((await compare(before, before)).stderr).not.toContain('nearly every value');
});

test('identifiers drift no more where there are more of them than are told apart', async () => {
  const ids = (name: string) =>
    csv(
      name,
      'id,k',
      draw(70_000, (i) => `${name}-${i},${i % 3}`),
    );
  const { exit, columns, stderr } = await compare(ids('ids1'), ids('ids2'));
  expect(columns.map((one: { verdict: string }) => one.verdict)).toEqual(['no_drift', 'no_drift']);
  expect(exit).toBe(0);
  expect(stderr).toMatch(/nearly every value is another.*: id$/m);
});

test('semicolons and tabs separate fields where the header has them, and then the comma is a decimal point', async () => {
  const comma = (value: number): string => `${value.toFixed(2).replace('.', ',')};a`;
  const tab = (value: number): string => `${value.toFixed(2)}\ta`;
  for (const [name, write, head] of [
    ['semi', comma, 'x;"k, of"'],
    ['tab', tab, 'x\tk'],
  ] as const) {
    const ran = await compare(
      numbers(`${name}1.csv`, 1, write, head),
      numbers(`${name}2.csv`, 3, write, head),
    );
    expect(ran.columns.map((one: { verdict: string }) => one.verdict)).toEqual(['drift', 'no_drift']);
  }
});

test('of what is infinite there is no shift and no median', async () => {
  const endless = await cli([
    'drift',
    'compare',
    '--reference',
    numbers('fin.csv', 1, (x) => x.toFixed(2)),
    '--current',
    numbers('inf.csv', 1, () => 'inf'),
  ]);
  expect(endless.stdout).toContain('infinite 100 %, was 0 %');
  expect(endless.stdout).not.toContain('median');
  const { columns } = await compare(join(folder, 'fin.csv'), join(folder, 'inf.csv'));
  expect(columns[0]).toMatchObject({ verdict: 'drift', shift: null, shift_interval: null });
});

test('what only one of the files has is told; units, segments and times must be in both', async () => {
  const more = csv(
    'more.csv',
    'latency_ms,sampler,region',
    draw(100, (i) => `${i},euler,eu`),
  );
  const told = await compare(before, more);
  expect(told.stderr).toContain(`only in ${more}, with nothing to compare: region`);
  expect(told.columns.at(-1)).toMatchObject({ column: 'region', verdict: 'insufficient_data', n_ref: 0 });
  // What is gone is missing in every row, and so is a key that NDJSON without a header does not have.
  const gone = await compare(more, before);
  expect(gone.columns.at(-1)).toMatchObject({ column: 'region', verdict: 'drift', missing_rate_change: 1 });
  const [without, having] = ['{"a":1}\n', '{"a":1,"error":"oom"}\n'].map((line, at) =>
    put(`keys-${at}.ndjson`, line.repeat(400)),
  );
  expect((await compare(without!, having!)).columns.at(-1)).toMatchObject({ verdict: 'drift' });
  for (const option of ['--segment-by', '--group-by', '--time']) {
    const { exit, stderr } = await compare(more, before, option, 'region');
    expect(exit, option).toBe(2);
    if (option !== '--time') expect(stderr).toContain('before.csv has no column region');
  }
  const parts = (name: string, region: string) =>
    csv(
      name,
      'x,region',
      draw(100, (i) => `${i},${region}`),
    );
  const apart = await compare(parts('eu.csv', 'eu'), parts('us.csv', 'us'), '--segment-by', 'region');
  expect(apart.exit).toBe(4);
  expect(apart.stderr).toContain('no segment stands in both files');
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
    [[put('open.csv', 'a,b\n1,2\n3,"x\n4,y\n'), before], [], 'open.csv line 3: a quote'],
    [
      [put('list.json', '[{"a":1}]'), before],
      [],
      'list.json line 1: is no JSON object; write one object per line',
    ],
    [
      [csv('us.csv', 't,x', ['04/01/2026 10:00,1']), join(folder, 'us.csv')],
      ['--time', 't'],
      'not a time: write RFC',
    ],
    [
      [csv('feb.csv', 't,x', ['2026-02-31,1']), join(folder, 'feb.csv')],
      ['--time', 't'],
      'not a time: write RFC',
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
