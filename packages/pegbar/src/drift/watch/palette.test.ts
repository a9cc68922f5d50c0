/** The built-in monitor of colours at the volumes of a studio: what it tells, how soon, and that it keeps still. */
import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import type { ContentRow } from '../../rollups/index.ts';
import { ContentHour } from '../content/hours.ts';
import { metricNamed } from '../metrics.ts';
import { HOUR_MS, type Hours, type Series } from '../series.ts';
import { BUILT_IN } from './monitors.ts';
import { planOf } from './plan.ts';
import { type Fired, replay } from './preview.ts';

const DAY = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 5);
/** A palette of every picture holds some of twelve colours; the fourth is grey. */
const USUAL = [0.3, 0.45, 0.6, 0.2, 0.35, 0.1, 0.5, 0.05, 0.15, 0.25, 0.08, 0.4];
const greyer = (grey: number): readonly number[] => USUAL.map((share, at) => (at === 3 ? grey : share));
const NAMES = new Map(USUAL.map((_, at) => [`colour ${at}`, at === 3 ? 'grey' : `colour-${at}`] as const));
/** Pictures of one session, on average; a session has a taste of its own. */
const SESSION = 5;

/** What an hour made: sessions of pictures, each sum as the rollups keep it. */
function hourOf(
  random: () => number,
  hour_ms: number,
  pictures: number,
  shares: readonly number[],
): ContentRow {
  const zeros = (): number[] => USUAL.map(() => 0);
  const [counts, sessionsWith, squares, crosses] = [zeros(), zeros(), zeros(), zeros()];
  let [documents, sessions, session_squares] = [0, 0, 0];
  for (let left = pictures / SESSION; left > 0; left--) {
    if (left < 1 && random() > left) break;
    const n = 1 + Math.floor(random() * (2 * SESSION - 1));
    sessions++;
    documents += n;
    session_squares += n * n;
    for (const [cell, share] of shares.entries()) {
      const taste = Math.min(0.98, share * (0.3 + 1.4 * random()));
      let x = 0;
      for (let i = 0; i < n; i++) if (random() < taste) x++;
      counts[cell]! += x;
      sessionsWith[cell]! += x > 0 ? 1 : 0;
      squares[cell]! += x * x;
      crosses[cell]! += x * n;
    }
  }
  return {
    tenant: 'a',
    value: '',
    kind: 'colour',
    hour_ms,
    documents,
    sessions,
    session_squares,
    sum: 0,
    cells: Uint16Array.from(USUAL.keys()),
    counts: Uint32Array.from(counts),
    cell_sessions: Uint32Array.from(sessionsWith),
    squares: Uint32Array.from(squares),
    crosses: Uint32Array.from(crosses),
  };
}

const CHANGE = START + 30 * DAY + 9 * HOUR_MS;

/** What it tells of 28 days of history, two quiet days, and five of `shares`. */
function told(perDay: number, shares: readonly number[], seed: number): readonly Fired[] {
  const random = seededRandom(seed);
  const metric = metricNamed('palette')!;
  const hours: Hours = new Map();
  const end = START + 35 * DAY;
  for (let at = START; at < end; at += HOUR_MS) {
    const rhythm = 1 + Math.cos((((at / HOUR_MS) % 24) - 15) * (Math.PI / 12));
    const hour = new ContentHour(NAMES);
    hour.rows.push(hourOf(random, at, (perDay / 24) * rhythm, at < CHANGE ? USUAL : shares));
    if (hour.rows[0]!.documents > 0) hours.set(at, hour);
  }
  const series: Series = {
    metric,
    segment: { tenant: 'a' },
    sampling: metric.sampling,
    parts: new Map([['', hours]]),
  };
  const plan = planOf(BUILT_IN.palette!);
  if (!plan.ok) throw new Error('the built-in one can be looked at');
  const asking = { scope: {}, signal: undefined } as unknown as Parameters<typeof replay>[4];
  const looks = replay(plan.value, { series: [series], deployed: [] }, START + 28 * DAY, end, asking);
  let step = looks.next();
  while (!step.done) step = looks.next();
  return step.value.fired;
}
const SEEDS = [1, 2, 3];

describe('the built-in monitor of colours', () => {
  test('of 200 pictures a day tells that grey rose from 20 to 60 % within a day, and says what came', () => {
    for (const seed of SEEDS) {
      const [found, ...others] = told(200, greyer(0.6), seed);
      expect(others).toEqual([]);
      expect((found!.fired_ms - CHANGE) / HOUR_MS).toBeLessThanOrEqual(24);
      expect(found!.told.words).toMatch(/^`grey` in \d\d(\.\d)? % of pictures, was \d\d(\.\d)? %$/);
      expect(Math.abs(found!.since_ms - CHANGE)).toBeLessThanOrEqual(12 * HOUR_MS);
    }
  });

  test('of 50 pictures a day tells the same within three days', () => {
    for (const seed of SEEDS) {
      const [found] = told(50, greyer(0.6), seed);
      expect((found!.fired_ms - CHANGE) / HOUR_MS).toBeLessThanOrEqual(72);
    }
  });

  test('keeps still where nothing changed, and where grey rose by less than the least effect', () => {
    for (const seed of SEEDS)
      for (const [perDay, shares] of [
        [50, USUAL],
        [200, USUAL],
        [1_000, USUAL],
        [1_000, greyer(0.27)],
      ] as const)
        expect(told(perDay, shares, seed), `${perDay} a day`).toEqual([]);
  });
});
