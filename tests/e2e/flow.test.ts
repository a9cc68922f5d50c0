/** Flow, examples, objectives and findings over a whole server: figures that can be worked out by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, startServer } from './server.ts';

const HOUR = 3_600_000;
/** The middle of an hour that is over. */
const AT = Math.floor(Date.now() / HOUR) * HOUR - HOUR / 2;
const WINDOW = `from=${AT - HOUR / 2}&to=${AT + HOUR / 2}`;
const iso = (ms: number): string => new Date(ms).toISOString();
const REQUESTS = 40;

let server: Server;
beforeAll(async () => {
  server = await startServer();
  const tags = { workload: 'batch_panels', region: 'eu-west', model: { version: '<b>v7</b>' } };
  const requests = Array.from({ length: REQUESTS }, (_, at) => ({
    ...tags,
    timestamp: iso(AT + at),
    request_id: `r-${at}`,
    pipeline_stage: 'generate',
    metrics: { latency_ms: 1_000 + at, queue_wait_ms: 1_000 },
    outcome: at < 4 ? 'failed' : 'succeeded',
  }));
  const clip = { type: 'frames', timestamp: iso(AT), sequence_id: 'seq-1', request_id: 'r-1', window_s: 2 };
  await server.store([
    ...requests,
    { ...clip, side: 'produced', frames: 48, workload: 'animation' },
    {
      ...clip,
      side: 'delivered',
      frames: 30,
      dropped: 18,
      duplicated: 3,
      held: 6,
      playing_s: 2,
      workload: 'animation',
    },
    { type: 'queue', timestamp: iso(AT), queue: 'q', depth: 3, wait_ms: 5, admitted: 60, denied: 30 },
    { type: 'cache', timestamp: iso(AT), cache: 'vae', hits: 3, misses: 1 },
  ]);
});
afterAll(() => server?.stop());

const ask = async <Answer>(path: string): Promise<Answer> =>
  (await (await fetch(`${server.url}/api/v1/${path}`)).json()) as Answer;
interface Series {
  series: { key: Record<string, string>; points: { value: number | null }[] }[];
}
const figures = async (of: string, more = ''): Promise<Record<string, number | null>> => {
  const { series } = await ask<Series>(`flow?of=${of}&${WINDOW}${more}`);
  return Object.fromEntries(series.map(({ key, points }) => [key.metric!, points[0]!.value]));
};

describe('flow', () => {
  test('counts what became of frames', async () => {
    expect(await figures('frames')).toMatchObject({
      dropped_ratio: 18 / 48,
      duplicated_ratio: 3 / 48,
      held_ratio: 6 / 48,
      produced_per_s: 48 / 3_600,
      delivered_per_s: 30 / 3_600,
    });
  });

  test('counts admissions and waits', async () => {
    const queue = await figures('queue');
    expect(queue.admitted_per_min).toBeCloseTo(1);
    expect(queue.denied_per_min).toBeCloseTo(0.5);
    expect(queue.wait_p95_ms! / 1_000).toBeCloseTo(1, 1);
  });

  test('takes dimensions, and names what it has not', async () => {
    expect(await figures('caches', '&by=cache&filter=cache%3Dvae')).toMatchObject({ hit_ratio: 0.75 });
    expect(await ask(`flow?of=caches&by=sampler&${WINDOW}`)).toMatchObject({ error: { field: 'by' } });
    expect(await ask(`flow?of=nothing&${WINDOW}`)).toMatchObject({ error: { field: 'of' } });
  });
});

test('examples are the worst of each bucket', async () => {
  const { items } = await ask<{ items: object[] }>(`examples?of=requests&step=1h&${WINDOW}`);
  expect(items).toEqual([
    expect.objectContaining({
      request_id: `r-${REQUESTS - 1}`,
      value: 1_000 + REQUESTS - 1,
      model_version: '<b>v7</b>',
    }),
  ]);
  expect(await ask(`examples?of=sequences&step=1h&${WINDOW}`)).toMatchObject({
    items: [{ sequence_id: 'seq-1', value: 15, dropped: 18, frames: 30 }],
  });
  expect(await ask(`examples?of=requests&step=1s&from=${AT - 20 * HOUR}`)).toMatchObject({
    error: { code: 'query_limit' },
  });
});

test('objectives say what is outside, and nothing where nothing is known', async () => {
  const { objectives } = await ask<{
    objectives: { id: string; state: string | null; value: number | null }[];
  }>(`objectives?workload=batch_panels&${WINDOW}`);
  expect(objectives.map(({ id, state }) => [id, state])).toEqual([
    ['batch-panels-success', 'outside'],
    ['batch-panels-wait', 'inside'],
  ]);
  expect(objectives[0]!.value).toBeCloseTo(0.9);
  const { objectives: others } = await ask<{ objectives: { state: string | null }[] }>(
    `objectives?workload=single_image&${WINDOW}`,
  );
  expect(others.map(({ state }) => state)).toEqual([null]);
});

test('findings are none without a day to compare with', async () => {
  expect(await ask('findings')).toMatchObject({ compare: 'day', total: 0, compared: 0, findings: [] });
  expect(await ask('findings?compare=year')).toMatchObject({ error: { field: 'compare' } });
});

test('objectives and findings of a segment look at it alone', async () => {
  const { objectives } = await ask<{ objectives: { id: string; state: string | null }[] }>(
    `objectives?filter=workload%3Dbatch_panels&filter=model_version%3Dnobody&${WINDOW}`,
  );
  expect(objectives.map(({ id, state }) => [id, state])).toEqual([
    ['batch-panels-success', null],
    ['batch-panels-wait', null],
    ['timeouts-oom', null],
    ['safety-nsfw', null],
  ]);
  expect(await ask('findings?filter=tenant%3Dnobody')).toMatchObject({ total: 0 });
  expect(await ask('findings?filter=latency_ms%3E5')).toMatchObject({ total: 0 });
  expect(await ask('findings?filter=colour%3Dred')).toMatchObject({ error: { field: 'filter' } });
});

test('of many values the busiest are kept where so many are asked for', async () => {
  const asked = async (top: string): Promise<string[]> => {
    const answer = await ask<Series>(`kpis?metrics=requests&by=workload${top}&${WINDOW}`);
    return answer.series.map(({ key }) => key.workload!);
  };
  const all = await asked('');
  expect(all).toContain('batch_panels');
  expect(await asked('&top=1')).toEqual(['batch_panels']);
  expect(await asked('&top=100')).toEqual(all);
});

describe('several questions at once', () => {
  interface Line {
    at: number;
    status: number;
    body: Series & { error?: { code: string; message: string } };
  }
  const askAll = async (asked: readonly string[]): Promise<Line[]> => {
    const query = asked.map((text) => `ask=${encodeURIComponent(text)}`).join('&');
    const text = await (await fetch(`${server.url}/api/v1/questions?${query}`)).text();
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Line).sort((a, b) => a.at - b.at);
  };

  test('answer as each alone, those that cannot be answered with their own reason', async () => {
    const asked = [
      `kpis?metrics=requests,latency_p95_ms&${WINDOW}&step=1800`,
      `kpis?metrics=availability&${WINDOW}&step=1800`,
      `kpis?metrics=latency_p50_ms&by=region&top=3&${WINDOW}&step=1800`,
      `kpis?metrics=delivered_fps&filter=outcome%3Dfailed&${WINDOW}&step=1800`,
      `kpis?metrics=requests&filter=outcome%3Dfailed&${WINDOW}&step=1800`,
      `flow?of=queue&${WINDOW}&step=1800`,
      `flow?of=caches&${WINDOW}`,
      `latencies?${WINDOW}&step=1800`,
      `kpis?metrics=nonsense&${WINDOW}`,
      `flow?of=nonsense&${WINDOW}`,
    ];
    const lines = await askAll(asked);
    expect(lines.map(({ at }) => at)).toEqual(asked.map((_, at) => at));
    for (const { at, status, body } of lines) {
      const alone = await fetch(`${server.url}/api/v1/${asked[at]}`);
      expect({ status, body }).toEqual({ status: alone.status, body: await alone.json() });
    }
    expect(lines.map(({ status }) => status)).toEqual([200, 200, 200, 400, 200, 200, 200, 200, 400, 400]);
  });

  test('refuse another address, a tenant of their own, none and too many', async () => {
    for (const query of ['ask=me', 'ask=kpis%3Ftenant%3Da', '', 'ask=kpis&'.repeat(65)]) {
      const answer = await fetch(`${server.url}/api/v1/questions?${query}`);
      expect([query.slice(0, 40), answer.status]).toEqual([query.slice(0, 40), 400]);
    }
  });
});
