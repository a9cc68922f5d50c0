/** Echoes stand beneath what they are echoes of; what has a cause or a place of its own stands for itself. */
import { seededRandom } from '@pegbar/stats';
import { expect, test } from 'vitest';
import type { Candidate, Deployed } from '../explore/index.ts';
import { Tally } from '../rollups/index.ts';
import { type Judged, judgeFamily, type Tested, testRelease, testSeries } from './engine.ts';
import { groupFindings } from './findings.ts';
import { metricNamed } from './metrics.ts';
import { HOUR_MS, type Hours, type Segment, type Series } from './series.ts';
import type { Why } from './tell.ts';

const DAY = 24 * HOUR_MS;
const START = Date.parse('2026-03-02T00:00:00Z');
const CURRENT = { from_ms: START + 28 * DAY, to_ms: START + 29 * DAY };
const REFERENCE = { from_ms: START, to_ms: CURRENT.from_ms };
const random = seededRandom(31);

/** Rates of `before`, then `now`. */
function rate(name: string, segment: Segment, [before, now]: readonly [number, number]): Series {
  const metric = metricNamed(name)!;
  const { sampling } = metric;
  if (sampling.as !== 'rate') throw new Error('not needed here');
  const hours: Hours = new Map();
  for (let at = START; at < CURRENT.to_ms; at += HOUR_MS) {
    const hour = new Map(
      [...sampling.of.slice(0, 1), ...(sampling.to ?? [])].map((of) => [of, new Tally(of)]),
    );
    const [of, to] = [...hour.values()];
    for (let i = 0; i < 30; i++) {
      const isOne = random() < (at >= CURRENT.from_ms ? now : before);
      if (isOne || !to) of!.add(isOne ? 1 : 0);
      to?.add(1);
    }
    hours.set(at, hour);
  }
  return { metric, segment, sampling, parts: new Map([['', hours]]) };
}

const WORSE = [0.9, 0.7] as const;
const own = (segment: Segment, sides: readonly [number, number] = WORSE, name = 'face_ok'): Tested =>
  testSeries(rate(name, segment, sides), REFERENCE, CURRENT);
const released = (segment: Segment): Tested =>
  testRelease(
    rate('face_ok', { ...segment, model_version: 'v2' }, WORSE),
    rate('face_ok', { ...segment, model_version: 'v1' }, [0.9, 0.9]),
    CURRENT.from_ms,
    REFERENCE,
    CURRENT,
  );

const deployment = (version: string): Deployed => ({
  id: version,
  at_ms: CURRENT.from_ms,
  kind: 'model',
  status: 'start',
  tenant: 'a',
  version,
  detected: false,
});
const candidate = (version: string, score: number): Candidate => ({
  deployment: deployment(version),
  lag_h: 0,
  did: null,
  score,
});
const why = (candidates: readonly Candidate[], began_h = 0): Why => ({
  change: {
    at_ms: CURRENT.from_ms + began_h * HOUR_MS,
    after_ms: CURRENT.from_ms + began_h * HOUR_MS,
    direction: 'down',
  },
  candidates,
  lastGood: null,
});

/** Groups, and tells each finding as the segments it holds, the headline first. */
function grouped(whys: readonly (readonly [Tested, Why])[]): Segment[][] {
  const judged = judgeFamily(whys.map(([one]) => one));
  expect(judged.map(({ verdict }) => verdict)).toEqual(judged.map(() => 'drift'));
  const known = new Map<Judged, Why>(judged.map((one, at) => [one, whys[at]![1]]));
  return groupFindings(judged, (one) => known.get(one)!, CURRENT.to_ms).map((finding) =>
    [finding, ...finding.also].map(({ one }) => one.series.segment),
  );
}

const RELEASE = [released({}), why([candidate('v2', 1)])] as const;

test('a tenant that is too small to prove whose change it is stands beneath the release that it got', () => {
  const found = grouped([RELEASE, [own({ tenant: 'small' }), why([candidate('v2', 0.35)], 2)]]);
  expect(found).toEqual([[{ model_version: 'v2' }, { tenant: 'small' }]]);
});

test('a tenant of which those without the release changed as much stands for itself', () => {
  const found = grouped([RELEASE, [own({ tenant: 'small' }), why([candidate('v2', 0)], 2)]]);
  expect(found).toHaveLength(2);
});

test('a tenant that moved the other way stands for itself', () => {
  const found = grouped([RELEASE, [own({ tenant: 'small' }, [0.7, 0.9]), why([candidate('v2', 0.35)], 2)]]);
  expect(found).toHaveLength(2);
});

test('what has another likely cause stands for itself, in the same segment too', () => {
  const found = grouped([
    [own({ tenant: 'a' }, [0.9, 0.6]), why([candidate('lora-1', 0.9)])],
    [own({ tenant: 'a' }, WORSE, 'acceptance'), why([candidate('lora-2', 0.9)])],
  ]);
  expect(found).toHaveLength(2);
});

test('two changes of one configuration are one, the larger first', () => {
  const found = grouped([
    [own({ tenant: 'a' }), why([candidate('config', 0.9)])],
    [own({ region: 'eu' }, [0.9, 0.5]), why([candidate('config', 0.8)])],
  ]);
  expect(found).toEqual([[{ region: 'eu' }, { tenant: 'a' }]]);
});

test('what began with it in rows that hold it is its echo; of another tenant or another week it is not', () => {
  const part = [own({ tenant: 'a', collection: 'spring' }, [0.9, 0.5]), why([], 2)] as const;
  const nsfw = (tenant: string, began_h: number) =>
    [own({ tenant }, WORSE, 'acceptance'), why([], began_h)] as const;
  expect(grouped([part, nsfw('a', 8)])).toHaveLength(1);
  expect(grouped([part, nsfw('b', 8)])).toHaveLength(2);
  expect(grouped([part, nsfw('a', -7 * 24)])).toHaveLength(2);
});

test('what other tenants made is not told with the collection of one, unless nothing is left without that', () => {
  const of = (sides: Readonly<Record<string, readonly [number, number]>>): Tested => {
    const parts = Object.entries(sides).map(
      ([tenant, side]) => [tenant, rate('face_ok', {}, side).parts.get('')!] as const,
    );
    const series = { ...rate('face_ok', { region: 'eu' }, WORSE), parts: new Map(parts) };
    return testSeries(series, REFERENCE, CURRENT);
  };
  const noir = [own({ tenant: 'a', collection: 'noir' }), why([candidate('v2', 0.9)])] as const;
  expect(grouped([noir, [of({ a: WORSE, b: [0.9, 0.5] }), why([], -48)]])).toHaveLength(2);
  expect(grouped([noir, [of({ a: [0.9, 0.5], b: [0.9, 0.9] }), why([], -48)]])).toHaveLength(1);
  // Nor what a tenant that has nothing in it did.
  const tenant = [own({ tenant: 'a' }), why([candidate('v2', 0.9)])] as const;
  expect(grouped([tenant, [of({ b: WORSE, c: WORSE }), why([], -48)]])).toHaveLength(2);
});
