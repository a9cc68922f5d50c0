/** Files as pyarrow and polars write them; tests/parity/parquet/make.py made these. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parquetRows } from './parquet.ts';
import type { Row } from './table.ts';
import { fieldOf, timeOf } from './values.ts';

const made = (name: string): string =>
  fileURLToPath(new URL(`../../../../tests/parity/parquet/${name}.parquet`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pegbar-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const broken = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

async function read(path: string): Promise<{ rows: Row[]; columns: readonly string[] }> {
  const table = await parquetRows(path);
  const rows: Row[] = [];
  for await (const row of table.rows) rows.push(row);
  return { rows, columns: table.columns() };
}

test('each compression gives the same rows, Zstandard on a Node that has none of its own too', async () => {
  const known = (await read(made('before-none'))).rows.map(({ values }) => values.latency_ms);
  expect(known).toHaveLength(400);
  for (const codec of ['snappy', 'gzip', 'zstd', 'brotli'])
    expect((await read(made(`before-${codec}`))).rows.map(({ values }) => values.latency_ms)).toEqual(known);
});

test('dictionaries, nulls, decimals, truth values, times of three units, structs and lists are read', async () => {
  const { rows, columns } = await read(made('before-zstd'));
  const names = 'model,steps,latency_ms,cost_usd,kept,at_ms,at_us,at_ns,host.gpu,host.cards,tags,nothing';
  expect(columns.join()).toBe(names);
  for (const { line, values } of rows) {
    expect(['v6', 'v7']).toContain(fieldOf(values.model));
    expect([20, 28, undefined]).toContain(fieldOf(values.steps));
    expect(Math.floor(values.latency_ms as number) / 1e4).toBeCloseTo(fieldOf(values.cost_usd) as number, 6);
    expect(['true', 'false', undefined]).toContain(fieldOf(values.kept));
    const at = Date.UTC(2026, 2, 2) + (line - 1) * 20 * 60_000;
    for (const unit of ['at_ms', 'at_us', 'at_ns']) expect(timeOf(values[unit]), unit).toBe(at);
    expect(['a', 'b']).toContain(fieldOf(values['host.gpu']));
    expect([1, 2]).toContain(fieldOf(values['host.cards']));
    expect(values.tags).toHaveLength(2);
    expect(fieldOf(values.nothing)).toBeUndefined();
  }
  expect((await read(made('after-polars'))).columns).toContain('host.gpu');
  const empty = await read(made('empty'));
  expect(empty).toEqual({ rows: [], columns });
});

test('an epoch is seconds, milliseconds, microseconds or nanoseconds by its size', () => {
  const at = Date.UTC(2026, 2, 2);
  for (const told of [at / 1e3, at, at * 1e3, BigInt(at) * 1_000_000n]) expect(timeOf(told)).toBe(at);
  for (const none of [-1, 1e21, Number.POSITIVE_INFINITY]) expect(timeOf(none)).toBeUndefined();
});

test('what cannot be read is told with its name, what is wrong and what to do', async () => {
  const whole = readFileSync(made('before-zstd'));
  const damaged = Buffer.from(whole).fill(0, 100, 2_000);
  for (const [path, says] of [
    [made('before-lz4'), /is compressed with LZ4\w*, which is not read: write it with snappy, zstd/],
    [broken('half', whole.subarray(0, whole.length / 2)), /does not end as one.*write or copy it again/],
    [broken('magic', whole.subarray(0, 4)), /cut off after 4 bytes/],
    [broken('damaged', damaged), /row 1: cannot be read as Parquet.*damaged, write or copy it again/],
  ] as const)
    await expect(read(path), path).rejects.toThrow(says);
});
