import { expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { openState } from '../state/index.ts';
import { createBackfill } from './backfill.ts';
import { createVectorCollector } from './vectors.ts';

const AT = Date.UTC(2026, 2, 1, 12);
const told = (seg: number, image_id: string, more: Record<string, string> = {}) => ({
  segment: String(seg),
  owner: 'a',
  image_id,
  request_id: `of-${image_id}`,
  at_ms: String(AT),
  vector: '',
  embedder: 'clip',
  embedder_version: '2',
  uri: '',
  ...more,
});

async function parts() {
  const opened = await openState({ path: ':memory:', clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  const counters = createCounters();
  return { state: opened.value, counters, clock: systemClock, log: silentLog };
}

/** A store whose stages are these: it answers what comes after the place that is asked for. */
const storeOf = (rows: readonly ReturnType<typeof told>[]) => ({
  rows: async (_sql: string, { params }: { params: Record<string, unknown> }) => ({
    ok: true as const,
    value: rows
      .filter(({ segment, image_id }) =>
        Number(segment) === Number(params.seg)
          ? image_id > String(params.image)
          : Number(segment) > Number(params.seg),
      )
      .slice(0, Number(params.limit)),
  }),
});

it('makes embedding records of vectors in attributes and of files that may be read, each once', async () => {
  const common = await parts();
  const sent: string[] = [];
  const files: Record<string, string> = {
    '/in/a.json': '{"vector":[3,4],"embedder":"x","embedder_version":"9"}',
  };
  const asked: string[] = [];
  const deps = {
    ...common,
    store: storeOf([
      told(1, 'img-1', { vector: '[0.5,-1]' }),
      told(2, 'img-2', { uri: '/in/a.json', embedder: '', embedder_version: '' }),
      told(2, 'img-3', { uri: 'https://elsewhere/b.npy' }),
      told(3, 'img-4', { vector: '[0.5' }),
      told(3, 'img-5', { vector: '[0.5]', embedder_version: '' }),
    ]) as never,
    readFile: async (tenant: string, uri: string) => {
      asked.push(`${tenant} ${uri}`);
      return files[uri] === undefined ? null : Buffer.from(files[uri]);
    },
    send: async (_tenant: string, ndjson: string) => void sent.push(...ndjson.split('\n')),
  };
  expect(await createVectorCollector(deps).look()).toBe(2);
  expect(sent.map((line) => JSON.parse(line))).toEqual([
    {
      type: 'embedding',
      event_id: 'embedding:clip:2:img-1',
      timestamp: AT,
      image_id: 'img-1',
      request_id: 'of-img-1',
      embedder: 'clip',
      embedder_version: '2',
      vector: [0.5, -1],
    },
    {
      type: 'embedding',
      event_id: 'embedding:x:9:img-2',
      timestamp: AT,
      image_id: 'img-2',
      request_id: 'of-img-2',
      embedder: 'x',
      embedder_version: '9',
      vector: [3, 4],
    },
  ]);
  expect(asked).toEqual(['a /in/a.json', 'a https://elsewhere/b.npy']);
  const page = common.counters.render();
  for (const reason of ['not_readable', 'no_vector', 'no_version'])
    expect(page).toContain(`pegbar_vectors_skipped_total{reason="${reason}"} 1`);
  // Another process goes on where this one stood.
  expect(await createVectorCollector(deps).look()).toBe(0);
});

it('looks once through all pictures that have no look, and then never again', async () => {
  const common = await parts();
  const pictures = Array.from({ length: 450 }, (_, at) => ({
    tenant: 'a',
    image_id: `img-${String(at).padStart(4, '0')}`,
  }));
  const looked: string[] = [];
  let questions = 0;
  const deps = {
    ...common,
    store: {
      rows: async (_sql: string, { params }: { params: Record<string, unknown> }) => {
        questions++;
        return {
          ok: true as const,
          value: pictures
            .filter(({ image_id }) => image_id > String(params.image_id))
            .slice(0, Number(params.limit)),
        };
      },
    } as never,
    look: async (_tenant: string, image_id: string) => {
      looked.push(image_id);
      if (image_id.endsWith('7')) throw new Error('damaged');
      return !image_id.endsWith('3');
    },
  };
  const first = createBackfill(deps);
  expect(await first.step()).toBe(true);
  // A restart goes on where it stood.
  const second = createBackfill(deps);
  while (await second.step());
  expect(looked).toEqual(pictures.map(({ image_id }) => image_id));
  expect(common.counters.render()).toContain('pegbar_looks_backfilled_total 360');
  expect(common.counters.render()).toContain('pegbar_looks_without_file_total 90');
  expect(await createBackfill(deps).step()).toBe(false);
  expect(questions).toBe(3);
});
