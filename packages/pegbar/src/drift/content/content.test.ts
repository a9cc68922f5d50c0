import { describe, expect, it } from 'vitest';
import type { ContentRow } from '../../rollups/index.ts';
import { dateChange } from '../dating.ts';
import { judgeFamily, testSeries } from '../engine.ts';
import { metricNamed } from '../metrics.ts';
import { HOUR_MS, type Hours, type Series } from '../series.ts';
import { tellSeries } from '../tell.ts';
import { changeWords } from '../words.ts';
import { ContentHour, focused, shareOfHour } from './hours.ts';

const DAY = 24 * HOUR_MS;
const START = Date.parse('2026-03-02T00:00:00Z');
const CURRENT = { from_ms: START + 14 * DAY, to_ms: START + 15 * DAY };
const REFERENCE = { from_ms: START, to_ms: CURRENT.from_ms };
const NAMES = new Map([
  ['token 1', 'girl'],
  ['token 2', 'castle'],
  ['token 3', 'watercolor'],
]);

/** An hour of ten prompts, each its own session: so many have each cell. */
const row = (kind: string, hour_ms: number, has: Record<number, number>, documents = 10): ContentRow => {
  const cells = Object.keys(has).map(Number);
  const counts = Uint32Array.from(cells, (cell) => has[cell]!);
  return {
    tenant: 'a',
    value: '',
    kind: kind as ContentRow['kind'],
    hour_ms,
    documents,
    sessions: documents,
    session_squares: documents,
    sum: 0,
    cells: Uint16Array.from(cells),
    counts,
    cell_sessions: counts,
    squares: counts,
    crosses: counts,
  };
};

function seriesOf(name: string, rowsAt: (at: number) => ContentRow[], names = NAMES): Series {
  const metric = metricNamed(name)!;
  const hours: Hours = new Map();
  for (let at = START; at < CURRENT.to_ms; at += HOUR_MS) {
    const hour = new ContentHour(names);
    hour.rows.push(...rowsAt(at));
    hours.set(at, hour);
  }
  return { metric, segment: { tenant: 'a' }, sampling: metric.sampling, parts: new Map([['', hours]]) };
}
const judged = (series: Series) => judgeFamily([testSeries(series, REFERENCE, CURRENT)])[0]!;
const wobble = (at: number): number => Math.floor(at / HOUR_MS) % 3;
const usual = (at: number): Record<number, number> => ({ 1: 5 + wobble(at), 2: 4 + wobble(at + HOUR_MS) });

describe('what prompts are about', () => {
  it('that holds still is no drift', () => {
    expect(judged(seriesOf('prompt_tokens_content', (at) => [row('token', at, usual(at))])).verdict).toBe(
      'no_drift',
    );
  });

  it('lasts where both halves of the window have what came, though one is told by a word that went', () => {
    const halves = (early: Record<number, number>, late: Record<number, number>): string => {
      const at = (hour: number) => {
        if (hour < CURRENT.from_ms) return usual(hour);
        return hour < CURRENT.from_ms + DAY / 2 ? early : late;
      };
      return judged(seriesOf('prompt_tokens_content', (hour) => [row('token', hour, at(hour))])).verdict;
    };
    expect(halves({ 1: 0, 2: 5, 3: 1 }, { 1: 3, 2: 5, 3: 7 })).toBe('drift');
    expect(halves({ 1: 0, 2: 5 }, { 1: 6, 2: 5 })).toBe('no_drift');
  });

  it('is told by the word that came, its share, and when it came', () => {
    const isNew = (at: number): boolean => at >= CURRENT.from_ms - 6 * HOUR_MS;
    const one = judged(
      seriesOf('prompt_tokens_content', (at) => [
        row('token', at, isNew(at) ? { 1: 3, 2: 2, 3: 5 } : usual(at)),
      ]),
    );
    expect(one.verdict).toBe('drift');
    expect(changeWords(one)).toBe('`watercolor` in 50 % of prompts, was 0.893 %');
    const told = tellSeries(one, null) as { kl: number; contributors: { name: string; direction: string }[] };
    expect(told.kl).toBeGreaterThan(0.1);
    expect(told.contributors[0]).toMatchObject({ name: 'watercolor', direction: 'more' });
    const series = focused(one);
    const change = dateChange(
      series,
      [...series.parts.values()],
      one.isReference,
      { from_ms: START, to_ms: CURRENT.to_ms },
      'up',
      1,
    );
    expect(change?.at_ms).toBe(CURRENT.from_ms - 6 * HOUR_MS);
  });

  it('has a divergence in nats, and what chance gives of it', () => {
    const quiet = judged(seriesOf('prompt_tokens_kl', (at) => [row('token', at, usual(at))]));
    expect(quiet.verdict).toBe('no_drift');
    const loud = judged(
      seriesOf('prompt_tokens_kl', (at) => [row('token', at, at >= CURRENT.from_ms ? { 3: 9 } : usual(at))]),
    );
    expect(loud.verdict).toBe('drift');
    expect(changeWords(loud)).toMatch(
      /^divergence of words in prompts is \d+(\.\d+)? nats, was 0\.\d+ nats$/,
    );
  });

  it('is compared as words or as private words, as most of the window are', () => {
    const one = judged(
      seriesOf('prompt_tokens_content', (at) =>
        at >= CURRENT.from_ms - 3 * DAY
          ? [row('keyed_token', at, usual(at))]
          : [row('token', at, usual(at), 10)],
      ),
    );
    expect(one.comparison.evidence.nReference).toBe(3 * 24 * 10);
    expect(one.verdict).not.toBe('drift');
  });

  it('of a window shorter than a day is held against the same hours', () => {
    const series = seriesOf('prompt_tokens_content', (at) => {
      const isNight = Math.floor(at / HOUR_MS) % 24 < 6;
      return [row('token', at, isNight ? { 1: 9 } : { 2: 9 })];
    });
    const night = { from_ms: CURRENT.from_ms, to_ms: CURRENT.from_ms + 4 * HOUR_MS };
    const one = judgeFamily([testSeries(series, REFERENCE, night)])[0]!;
    expect(one.comparison.evidence.nReference).toBe(14 * 4 * 10);
    expect(one.verdict).not.toBe('drift');
  });

  it('has stated answers where there is nothing, and names for what has none', () => {
    const none = judged(seriesOf('characters', () => []));
    expect(none.verdict).toBe('insufficient_data');
    expect(changeWords(none)).toBe('nothing in the window');
    const rare = judged(
      seriesOf('characters', (at) => [row('character', at, at >= CURRENT.from_ms ? { 77: 6 } : {})]),
    );
    expect(rare.verdict).toBe('drift');
    expect(changeWords(rare)).toBe('`rare character 77` in 60 % of prompts, was 0 %');
    expect(shareOfHour(new Map(), { kind: 'token', cell: 1 }).n).toBe(0);
  });
});
