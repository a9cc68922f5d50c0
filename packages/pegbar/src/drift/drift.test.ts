import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import type { Deployed } from '../explore/index.ts';
import { Tally } from '../rollups/index.ts';
import { candidatesOf } from './cause.ts';
import { excludedWindows } from './changes.ts';
import { dateChange } from './dating.ts';
import { judgeFamily, testSeries } from './engine.ts';
import { metricNamed } from './metrics.ts';
import { HOUR_MS, type Hours, type Series } from './series.ts';
import { testReleases } from './sweep.ts';
import { readBaseline } from './windows.ts';
import { changeWords } from './words.ts';

const DAY = 24 * HOUR_MS;
const START = Date.parse('2026-03-02T00:00:00Z');
const CURRENT = { from_ms: START + 28 * DAY, to_ms: START + 29 * DAY };
const REFERENCE = { from_ms: START, to_ms: CURRENT.from_ms };

/** Hours of values drawn by `draw`, `n` an hour. */
function seriesOf(name: string, n: number, draw: (at_ms: number) => number, segment = {}): Series {
  const metric = metricNamed(name)!;
  const { sampling } = metric;
  if (sampling.as !== 'number' && sampling.as !== 'rate') throw new Error('not needed here');
  const of = sampling.as === 'number' ? sampling.of : sampling.of[0]!;
  const hours: Hours = new Map();
  for (let at = START; at < CURRENT.to_ms; at += HOUR_MS) {
    const tally = new Tally(of);
    for (let i = 0; i < n; i++) tally.add(draw(at));
    hours.set(at, new Map([[of, tally]]));
  }
  return { metric, segment, sampling, parts: new Map([['', hours]]) };
}

const one = (series: Series, options = {}) =>
  judgeFamily([testSeries(series, REFERENCE, CURRENT, options)], options)[0]!;

describe('a series against its past', () => {
  test('that moved is drift, in its own unit and in words', () => {
    const random = seededRandom(1);
    const judged = one(
      seriesOf('prompt_tokens', 20, (at) => Math.round((at >= CURRENT.from_ms ? 28 : 20) + random() * 8)),
    );
    expect(judged.verdict).toBe('drift');
    expect(changeWords(judged)).toMatch(/^median prompt is 3\d tokens, was 2\d tokens$/);
  });

  test('that only follows the hour of the day is none', () => {
    const random = seededRandom(2);
    const judged = one(
      seriesOf('latency_ms', 20, (at) => 1_000 * (1 + ((at / HOUR_MS) % 24) / 12) * Math.exp(random() - 0.5)),
    );
    expect(judged.verdict).toBe('no_drift');
  });

  test('of few observations says how many would be enough', () => {
    const random = seededRandom(3);
    const judged = one(seriesOf('face_ok', 1, () => (random() < 0.95 ? 1 : 0)));
    expect(judged.verdict).toBe('insufficient_data');
    expect(judged.judgement.nNeeded).toBeGreaterThan(24);
  });

  test('that changed surely and little is told as that', () => {
    const random = seededRandom(4);
    const judged = one(
      seriesOf('nsfw', 4_000, (at) => (random() < (at >= CURRENT.from_ms ? 0.013 : 0.01) ? 1 : 0)),
    );
    expect(judged.verdict).toBe('changed_but_small');
  });

  test('that moved in the first half of the window alone did not last', () => {
    const random = seededRandom(5);
    const over = CURRENT.from_ms + 8 * HOUR_MS;
    const judged = one(
      seriesOf('prompt_tokens', 30, (at) => (at >= CURRENT.from_ms && at < over ? 40 : 20) + random() * 8),
    );
    expect(judged).toMatchObject({ verdict: 'no_drift', judgement: { reason: 'passing' } });
  });

  test('that moved is drift also where half of its window has no hours of its kind to be held against', () => {
    const random = seededRandom(6);
    const [saturday, sunday] = [START + 5 * DAY, START + 6 * DAY];
    const noon = 12 * HOUR_MS;
    const moved = seriesOf('face_ok', 20, (at) => (random() < (at >= sunday ? 0.7 : 0.94) ? 1 : 0));
    const [judged] = judgeFamily([
      testSeries(
        moved,
        { from_ms: saturday + noon, to_ms: sunday },
        { from_ms: sunday + noon, to_ms: sunday + DAY + 4 * HOUR_MS },
      ),
    ]);
    expect(judged).toMatchObject({ verdict: 'drift', persists: undefined });
  });

  test('raises no more than the nominal number in 300 quiet ones', () => {
    const random = seededRandom(6);
    const family = Array.from({ length: 300 }, (_, at) =>
      testSeries(
        at % 2 === 0
          ? seriesOf('prompt_tokens', 3, () => 20 + random() * 30)
          : seriesOf('face_ok', 3, () => (random() < 0.9 ? 1 : 0)),
        REFERENCE,
        CURRENT,
      ),
    );
    expect(judgeFamily(family).filter(({ verdict }) => verdict === 'drift')).toEqual([]);
  });

  test('with nothing on a side says so and throws nothing', () => {
    const empty: Series = { ...seriesOf('prompt_tokens', 1, () => 20), parts: new Map([['', new Map()]]) };
    expect(one(empty).verdict).toBe('insufficient_data');
    expect(changeWords(one(empty))).toBe('nothing in the window');
  });
});

const deployment = (more: Partial<Deployed>): Deployed => ({
  id: 'd',
  at_ms: CURRENT.from_ms,
  kind: 'model',
  status: 'start',
  tenant: 'a',
  detected: false,
  ...more,
});

describe('why', () => {
  const random = seededRandom(7);
  const begins = CURRENT.from_ms + 3 * HOUR_MS;
  const moved = seriesOf(
    'latency_ms',
    20,
    (at) => (at >= begins ? 1.6 : 1) * 2_000 * Math.exp(random() - 0.5),
    {
      tenant: 'a',
    },
  );
  const isReference = (at: number): boolean => at < CURRENT.from_ms;
  const hours = moved.parts.get('')!;

  test('the change is dated to the hour', () => {
    const all = { from_ms: START, to_ms: CURRENT.to_ms };
    const found = dateChange(moved, [hours], isReference, all, 'up', 1)!;
    expect(Math.abs(found.at_ms - begins)).toBeLessThanOrEqual(HOUR_MS);
  });

  test('a rate that was never seen before is dated too', () => {
    const draw = seededRandom(21);
    const rate = seriesOf('nsfw', 20, (at) => (at >= begins && draw() < 0.2 ? 1 : 0));
    const all = { from_ms: START, to_ms: CURRENT.to_ms };
    const found = dateChange(rate, [...rate.parts.values()], isReference, all, 'up', 1)!;
    expect(Math.abs(found.at_ms - begins)).toBeLessThanOrEqual(HOUR_MS);
  });

  test('what began in hours that nobody saw may be of anything deployed in them, of nothing else', () => {
    const quiet = new Map([...hours].filter(([at]) => at < begins - 10 * HOUR_MS || at >= begins));
    const all = { from_ms: START, to_ms: CURRENT.to_ms };
    const change = dateChange(moved, [quiet], isReference, all, 'up', 1)!;
    expect(change).toMatchObject({ at_ms: begins, after_ms: begins - 10 * HOUR_MS });
    const scoreOf = (hours_before: number, told: typeof change): number => {
      const deployed = [deployment({ id: 'v2', at_ms: begins - hours_before * HOUR_MS })];
      return candidatesOf({ ...question, change: told, deployed })[0]!.score;
    };
    expect(scoreOf(9, change)).toBeGreaterThanOrEqual(0.5);
    // Where those hours were seen, and were as ever, nine hours before are too many.
    expect(scoreOf(9, { ...change, after_ms: begins })).toBeLessThan(0.5);
    // A month that nobody saw is no reason to name whatever was deployed in it.
    expect(scoreOf(22, { ...change, after_ms: begins - 30 * DAY })).toBeLessThan(0.5);
  });

  test('of a change that cannot be dated time alone names nothing', () => {
    const deployed = [deployment({ id: 'v2', at_ms: CURRENT.from_ms + HOUR_MS })];
    expect(candidatesOf({ ...question, change: null, deployed })[0]!.score).toBeLessThan(0.5);
  });

  const question = {
    series: moved,
    change: { at_ms: begins, after_ms: begins },
    beside: [],
    designEffect: 1,
    current: CURRENT,
    isReference,
  };
  test('the release of that hour is likely, one of another tenant or day is not', () => {
    const deployed = [
      deployment({ id: 'v2', version: 'v2', at_ms: begins }),
      deployment({ id: 'other', at_ms: begins, tenant: 'b' }),
      deployment({ id: 'old', at_ms: begins - 3 * DAY }),
    ];
    const found = candidatesOf({ ...question, deployed });
    expect(found.map(({ deployment: { id } }) => id)).toEqual(['v2']);
    expect(found[0]!.score).toBeGreaterThan(0.5);
  });

  test('a release whose absence changed nothing is not', () => {
    const flat = seededRandom(8);
    const on = seriesOf('latency_ms', 20, (at) => (at >= begins ? 1.6 : 1) * 2_000 * Math.exp(flat() - 0.5));
    const beside = ['v2', 'v1'].map((model_version) => ({
      segment: { tenant: 'a', model_version },
      hours: on.parts.get('')!,
    }));
    const [found] = candidatesOf({
      ...question,
      beside,
      deployed: [deployment({ version: 'v2', at_ms: begins })],
    });
    expect(found!.score).toBe(0);
  });

  test('a change of one region is none where the others moved as much, and is where they did not', () => {
    const region = (name: string, factor: number) => {
      const noise = seededRandom(name.length);
      const hours = seriesOf(
        'latency_ms',
        20,
        (at) => (at >= begins ? factor : 1) * 2_000 * Math.exp(noise() - 0.5),
      );
      return { segment: { tenant: 'a', region: name }, hours: hours.parts.get('')! };
    };
    const deployed = [deployment({ id: 'cdn', kind: 'config', region: 'tokyo', at_ms: begins })];
    const scoreOf = (tokyo: number, others: number): number =>
      candidatesOf({ ...question, deployed, beside: [region('tokyo', tokyo), region('eu', others)] })[0]!
        .score;
    expect(scoreOf(1.6, 1.6)).toBe(0);
    expect(scoreOf(1.6, 1)).toBeGreaterThan(0.8);
    // It is not known by region: nearness alone is not enough for what is for a part only.
    expect(candidatesOf({ ...question, deployed })[0]!.score).toBeLessThan(0.5);
  });

  test('of what everyone saw only the excess is a release’s: before and after alone would name it each time', () => {
    const version = (model_version: string, before: number, after: number, n = 20) => {
      const noise = seededRandom(model_version.length + n);
      const hours = seriesOf(
        'latency_ms',
        n,
        (at) => (at >= begins ? after : before) * 2_000 * Math.exp(noise() - 0.5),
      );
      return { segment: { tenant: 'a', model_version }, hours: hours.parts.get('')! };
    };
    const deployed = [deployment({ version: 'v2', at_ms: begins })];
    // v2 serves from `begins` on; v1 all the time.
    const judged = (v2: number, v1: number, n = 20) => {
      const next = version('v2', 1, v2);
      for (const at of next.hours.keys()) if (at < begins) next.hours.delete(at);
      return candidatesOf({ ...question, deployed, beside: [next, version('v1', 1, v1, n)] })[0]!;
    };
    expect(judged(1.6, 1).score).toBeGreaterThan(0.9);
    // A rush that all feel, and the release on top of it.
    expect(judged(2, 1.25).did!.share).toBeGreaterThan(0.5);
    expect(judged(2, 1.25).score).toBeGreaterThan(0.5);
    // v2 is as slow as v1 has become: nothing of it is the release's.
    expect(judged(1.6, 1.6).score).toBe(0);
    // One row an hour of the others refutes nothing and proves nothing: not likely, not ruled out.
    const few = judged(1.15, 1.12, 1);
    expect(few.score).toBeGreaterThan(0);
    expect(few.score).toBeLessThan(0.5);
  });

  /** A release of one workload, v1 beside it; `b` and `c` make the same with it or without. */
  const rolledOut = (kept: Series, others: number) => {
    const of = (factor: number, segment: Record<string, string>) => {
      const noise = seededRandom(JSON.stringify(segment).length);
      const { parts } = seriesOf(
        'style_distance',
        20,
        (at) => 0.2 * (at >= begins ? factor : 1) * Math.exp(noise() - 0.5),
      );
      return { segment, hours: parts.get('')! };
    };
    const deployed = ['a', 'b', 'c'].map((tenant) =>
      deployment({ id: 'v2', version: 'v2', workload: 'single', tenant, at_ms: begins + HOUR_MS * 0.63 }),
    );
    const next = of(1.6, { tenant: 'a', model_version: 'v2' });
    for (const at of next.hours.keys()) if (at < begins) next.hours.delete(at);
    const beside = [
      next,
      of(1, { tenant: 'a', model_version: 'v1' }),
      of(1.6, { tenant: 'a', workload: 'single' }),
      of(1, { tenant: 'a', workload: 'panels' }),
      of(others, { tenant: 'b', workload: 'single' }),
      of(others, { tenant: 'c', workload: 'single' }),
    ];
    return candidatesOf({ ...question, series: kept, deployed, beside })[0]!;
  };
  const styleOf = (n: number, segment: Record<string, string>) =>
    seriesOf('style_distance', n, (at) => (at >= begins ? 0.3 : 0.2), segment);

  test('a release whose own rows went the other way did not do it', () => {
    const of = (factor: number, segment: Record<string, string>) => {
      const noise = seededRandom(factor * 100);
      const draw = (at: number): number => 2_000 * (at >= begins ? factor : 1) * Math.exp(noise() - 0.5);
      return { segment, hours: seriesOf('latency_ms', 20, draw).parts.get('')! };
    };
    const deployed = [deployment({ id: 'lora', kind: 'lora', workload: 'panels', at_ms: begins })];
    const beside = [
      of(0.8, { tenant: 'a', workload: 'panels' }),
      of(2.4, { tenant: 'a', workload: 'single' }),
    ];
    const [found] = candidatesOf({ ...question, deployed, beside });
    expect(found!.did).toMatchObject({ share: 0 });
    expect(found!.score).toBe(0);
  });

  test('others that got a release too are no proof against it, though they moved more', () => {
    for (const others of [1.1, 1.6, 3])
      expect(rolledOut(styleOf(40, { tenant: 'a' }), others).score).toBeGreaterThan(0.8);
  });

  test('a collection that is all that its tenant makes is told apart by the rows of that, another is not', () => {
    const segment = { tenant: 'a', collection: 'noir' };
    expect(rolledOut(styleOf(40, segment), 1.6).score).toBeGreaterThan(0.8);
    // Half of what the tenant makes: nobody knows on which side of the release it lies.
    expect(rolledOut(styleOf(20, segment), 1.6).score).toBeLessThan(0.5);
  });

  test('announced load and what was rolled back are left out of baselines', () => {
    const excluded = excludedWindows(
      [
        deployment({ id: 'load', kind: 'planned_load', at_ms: START + DAY }),
        deployment({ id: 'load', kind: 'planned_load', status: 'end', at_ms: START + DAY + HOUR_MS }),
        deployment({ id: 'good', at_ms: START }),
        deployment({ id: 'bad', at_ms: START + 2 * DAY }),
        deployment({ id: 'bad', status: 'rolled_back', at_ms: START + 3 * DAY }),
      ],
      CURRENT.to_ms,
    );
    expect(excluded.map(({ why }) => why)).toEqual(['load: announced load', 'bad: rolled back']);
  });
});

describe('what is told of a change', () => {
  test('of whole numbers has cells of whole numbers, as many in each', () => {
    const random = seededRandom(11);
    const { distribution, now } = one(
      seriesOf('prompt_tokens', 20, (at) => Math.round((at >= CURRENT.from_ms ? 50 : 20) + random() * 60)),
    ).comparison;
    const widths = new Set(distribution.cells.map(({ from, to }) => to! - from!));
    expect(widths.size).toBe(1);
    for (const { from } of distribution.cells) expect(Number.isInteger(from)).toBe(true);
    expect(Number.isInteger(now)).toBe(true);
  });

  test('of a rate that fell is an interval below zero, of one that rose above', () => {
    const random = seededRandom(12);
    const rate = (before: number, now: number) =>
      one(seriesOf('face_ok', 40, (at) => (random() < (at >= CURRENT.from_ms ? now : before) ? 1 : 0)))
        .comparison.explanation;
    for (const [before, now] of [
      [0.9, 0.7],
      [0.7, 0.9],
      [0.4, 0.2],
      [0.1, 0.3],
    ] as const) {
      const { shift, interval, of } = rate(before, now);
      expect(of).toBe('yes');
      expect(Math.sign(shift!)).toBe(Math.sign(now - before));
      expect(interval![0]).toBeLessThan(shift!);
      expect(interval![1]).toBeGreaterThan(shift!);
      expect(Math.sign(interval![0])).toBe(Math.sign(interval![1]));
    }
  });

  test('of a release is held against the version before it, by tenant too', () => {
    const at_ms = CURRENT.from_ms + HOUR_MS;
    const random = seededRandom(13);
    const of = (model_version: string, mean: number) =>
      seriesOf('latency_ms', 10, () => mean * Math.exp(random() - 0.5), { model_version, tenant: 'a' });
    const deployed = [deployment({ version: 'v2', previous: 'v1', at_ms })];
    const windows = { reference: REFERENCE, current: CURRENT, baseline: { kind: 'release' } as const };
    const tested = testReleases([of('v1', 1_000), of('v2', 2_000)], deployed, windows, {});
    expect(tested).toHaveLength(1);
    expect(tested[0]).toMatchObject({ against: 'v1', series: { segment: { model_version: 'v2' } } });
  });

  test('is held against a version that is named, if they are of one line', () => {
    const at_ms = CURRENT.from_ms + HOUR_MS;
    const random = seededRandom(14);
    const of = (model_version: string, mean: number) =>
      seriesOf('latency_ms', 10, () => mean * Math.exp(random() - 0.5), { model_version, tenant: 'a' });
    const deployed = [
      deployment({ version: 'v2', previous: 'v1', at_ms: at_ms - HOUR_MS }),
      deployment({ version: 'v3', previous: 'v2', at_ms }),
    ];
    const windows = {
      reference: REFERENCE,
      current: CURRENT,
      baseline: { kind: 'release', version: 'v1' } as const,
    };
    const series = [of('v1', 1_000), of('v2', 1_000), of('v3', 2_000), of('panels-v1', 9_000)];
    const tested = testReleases(series, deployed, windows, {});
    expect(tested.map(({ against, series: one }) => [one.segment.model_version, against])).toEqual([
      ['v2', 'v1'],
      ['v3', 'v1'],
    ]);
  });
});

test('baselines are read, and a wrong one is refused with its cure', () => {
  expect(readBaseline(null)).toMatchObject({ value: { kind: 'rolling', days: 28 } });
  expect(readBaseline('release')).toMatchObject({ value: { kind: 'release' } });
  expect(readBaseline('release:v6')).toEqual({ ok: true, value: { kind: 'release', version: 'v6' } });
  expect(readBaseline('2026-03-01/2026-03-08')).toMatchObject({ value: { kind: 'pinned' } });
  for (const wrong of [
    'release:',
    '28',
    '2026-03-08/2026-03-01',
    '2020-01-01/2026-01-01',
    '2026-02-31/2026-03-05',
    '/',
  ])
    expect(readBaseline(wrong)).toMatchObject({ ok: false, error: { field: 'baseline' } });
});
