import { expect, it } from 'vitest';
import type { Resource, ResourceKind } from '../access/index.ts';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { openState } from '../state/index.ts';
import { collectionOf, collectionSpecSchema } from './collections.ts';
import { chosen, daysOf, distributionsOf } from './days.ts';
import { createLooker } from './looker.ts';
import { packPictures, unpackPictures } from './packed.ts';
import type { Picture } from './pictures.ts';
import { createStyle } from './style.ts';
import { createStyleThread } from './thread.ts';

const DAY_MS = 86_400_000;
const NOON_MS = Date.UTC(2026, 2, 1, 12);

const rowOf = (at: number, vector: number[], more: Record<string, unknown> = {}) => ({
  tenant: 'a',
  image_id: `img-${String(at).padStart(3, '0')}`,
  request_id: `req-${at}`,
  at_ms: String(NOON_MS + at * 1000),
  flagged: 0,
  unit: `ses-${at}`,
  vector,
  palette: ['#c81e1e 0.75', '#1428b4 0.25'],
  of: '40',
  ...more,
});
const ring = (n: number, tilt = 0) =>
  Array.from({ length: n }, (_, at) =>
    rowOf(at, [Math.cos(at / 9 + tilt), Math.sin(at / 9 + tilt), 1 + (at % 3) / 5]),
  );

/** A room over rows that stand for what the store would answer. */
async function room(answers: { seen: () => unknown[]; unscored: () => unknown[] }) {
  const opened = await openState({ path: ':memory:', clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  const sent: { tenant: string; record: Record<string, unknown> }[] = [];
  let spec: unknown = {};
  let kind: ResourceKind | undefined;
  const style = createStyle({
    access: {
      registerKind(one) {
        kind = one;
      },
      getResources: async () => ({
        ok: true,
        value: [
          {
            apiVersion: 'pegbar/v1',
            kind: 'Collection',
            metadata: { name: 'spring', tenant: 'a' },
            spec,
            status: { version: 1, changed_at: '2026-11-22T12:00:00.000Z' },
          } satisfies Resource,
        ],
      }),
    },
    state: opened.value,
    store: {
      scoped: () => ({
        rows: async (sql: string) => ({
          ok: true,
          value: sql.includes('NOT IN') ? answers.unscored() : answers.seen(),
        }),
      }),
    } as never,
    clock: { ...systemClock, now: () => NOON_MS + DAY_MS },
    counters: createCounters(),
    log: silentLog,
    thread: createStyleThread({ log: silentLog }),
    async send(tenant, ndjson) {
      for (const line of ndjson.split('\n'))
        sent.push({ tenant, record: JSON.parse(line) as Record<string, unknown> });
    },
  });
  return {
    style,
    sent,
    declare(next: unknown) {
      spec = next;
      kind?.changed?.({ tenant: 'a', name: 'spring', spec: next });
    },
  };
}

it('trusts references once no more come in, and then tells distances at the times of the pictures', async () => {
  let rows = ring(20);
  const { style, sent } = await room({
    seen: () => rows,
    unscored: () => [rowOf(3, [1, 0, 1.2]), rowOf(99, [-4, -9, 0.1])],
  });
  expect(await style.keeper.look()).toBe(0);
  rows = ring(30);
  expect(await style.keeper.look()).toBe(0);
  expect(await style.keeper.look()).toBe(2);
  expect(sent.map(({ tenant }) => tenant)).toEqual(['a', 'a']);
  expect(sent[0]!.record).toMatchObject({
    type: 'score',
    event_id: 'style_distance:spring:img-003',
    timestamp: NOON_MS + 3000,
    image_id: 'img-003',
    request_id: 'req-3',
    name: 'style_distance',
    scorer: 'pegbar-look',
    scorer_version: '1+centroid.1',
  });
  const [near, far] = sent.map(({ record }) => Number(record.value));
  expect(near).toBeLessThan(0.5);
  expect(far).toBeGreaterThan(0.6);
});

it('makes the next version when it is asked to, and when other references are declared', async () => {
  const { style, sent, declare } = await room({
    seen: () => ring(300),
    unscored: () => [rowOf(1, [1, 0, 1])],
  });
  await style.keeper.look();
  expect(await style.recompute('spring', 'a')).toMatchObject({
    ok: true,
    value: { version: 2, centroid: { n: 300 } },
  });
  declare({ references: { filter: ['kind=reference'] } });
  await style.keeper.look();
  expect(sent.map(({ record }) => record.scorer_version)).toEqual(['1+centroid.1', '1+centroid.3']);
  expect(await style.recompute('spring', 'b')).toMatchObject({ ok: false, error: { code: 'not_found' } });
});

it('says how many references are missing, and tells nothing of vectors of another length', async () => {
  const few = await room({ seen: () => ring(5), unscored: () => [] });
  const refused = await few.style.recompute('spring', 'a');
  expect(refused).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
  expect(refused.ok ? '' : refused.error.message).toContain('spring has 5 reference pictures');
  const other = await room({ seen: () => ring(300), unscored: () => [rowOf(1, [1, 0]), rowOf(2, [])] });
  expect(await other.style.keeper.look()).toBe(0);
  expect(other.sent).toEqual([]);
});

it('answers of a collection without pictures, and of one that nobody declared', async () => {
  const question = {
    collection: 'spring',
    from_ms: NOON_MS,
    to_ms: NOON_MS + DAY_MS,
    baseline: { from_ms: 0, to_ms: NOON_MS },
  };
  const asking = { scope: { tenant: 'b' } };
  const empty = await room({ seen: () => [], unscored: () => [] });
  expect(await empty.style.read(asking, question)).toMatchObject({
    ok: true,
    value: { declared: false, centroid: null, days: [], drift: null, most_new: [], outliers: [] },
  });
  const full = await room({ seen: () => ring(40), unscored: () => [] });
  expect(await full.style.read(asking, question)).toMatchObject({
    ok: true,
    value: {
      centroid: { of: 'baseline', version: null, n: 40 },
      days: [
        {
          day: '2026-03-01',
          n: 40,
          palette: [
            { colour: '#c81e1e', share: 0.75 },
            { colour: '#1428b4', share: 0.25 },
          ],
        },
      ],
      drift: { centroid: { distance: 0, p: 1 } },
    },
  });
});

it('takes a document with nothing in it, and none whose filters or embedder are half', () => {
  expect(collectionOf('x', null, collectionSpecSchema.parse({}))).toMatchObject({
    embedder: 'pegbar-look',
    embedder_version: '1',
    references: { filter: ['collection=x'], from_ms: 0, to_ms: null },
  });
  for (const wrong of [
    { embedder: 'clip' },
    { embedder_version: '2' },
    { references: { filter: ['nonsense'] } },
    { references: { from: 'yesterday-ish' } },
    { reference: {} },
  ])
    expect(collectionSpecSchema.safeParse(wrong).success).toBe(false);
});

it('shows one picture per session, the same each time, and counts both windows in the same bins', () => {
  const measured = (at: number, distance: number, unit = `u${at}`) => ({
    picture: { ...(rowOf(at, [1]) as unknown as Picture), at_ms: NOON_MS, flagged: false, unit },
    distance,
  });
  const ones = [measured(1, 0.9, 'same'), measured(2, 0.8, 'same'), measured(3, 0.7), measured(4, 0.7)];
  const ids = chosen(ones, ({ distance }) => distance, 2).map(({ picture }) => picture.image_id);
  expect(ids).toEqual(['img-001', 'img-003']);
  expect(
    chosen(ones.toReversed(), ({ distance }) => distance, 2).map(({ picture }) => picture.image_id),
  ).toEqual(ids);
  expect(distributionsOf(ones, [measured(5, 0.701)])).toMatchObject({
    now: { n: 4, median: 0.75 },
    before: { n: 1, median: 0.701 },
    bins: [
      { from: 0.7, now: 2, before: 1 },
      { now: 1, before: 0 },
      { now: 1, before: 0 },
    ],
  });
  expect(daysOf([])).toEqual([]);
});

it('sends what it saw as a record, and counts what it could not send', async () => {
  const counters = createCounters();
  const sent: string[] = [];
  let broken = false;
  const looker = createLooker({
    clock: systemClock,
    counters,
    thread: createStyleThread({ log: silentLog }),
    async send(_tenant, ndjson) {
      if (broken) throw new Error('the disk is full');
      sent.push(ndjson);
    },
  });
  const raster = { data: new Uint8Array(48).fill(120), width: 4, height: 4 };
  await looker.saw('a', 'img-1', raster);
  expect(JSON.parse(sent[0]!)).toMatchObject({
    type: 'embedding',
    image_id: 'img-1',
    embedder: 'pegbar-look',
    palette: ['#787878 1.0000'],
  });
  broken = true;
  await expect(looker.saw('a', 'img-2', raster)).rejects.toThrow('full');
  expect([counters.total('pegbar_looks_total'), counters.total('pegbar_looks_failed_total')]).toEqual([1, 1]);
});

it('carries pictures between threads as they are', () => {
  const pictures = ring(3).map((row) => ({
    tenant: row.tenant,
    image_id: row.image_id,
    request_id: row.request_id,
    unit: row.unit,
    at_ms: Number(row.at_ms),
    flagged: false,
    vector: row.vector,
    palette: row.palette,
  }));
  expect(unpackPictures(packPictures(pictures))).toEqual(pictures);
  expect(unpackPictures(packPictures([]))).toEqual([]);
});
