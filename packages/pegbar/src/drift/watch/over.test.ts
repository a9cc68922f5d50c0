/** "For 30 minutes": a burst that fills a window of hours is no finding, what goes on is. */
import { seededRandom } from '@pegbar/stats';
import { expect, test } from 'vitest';
import { Tally } from '../../rollups/index.ts';
import { metricNamed } from '../metrics.ts';
import { HOUR_MS, type Hours, type Series } from '../series.ts';
import { driftMonitorSchema } from './monitors.ts';
import { planOf } from './plan.ts';
import { replay } from './preview.ts';

const DAY = 24 * HOUR_MS;
const START = Date.parse('2026-03-02T00:00:00Z');
const END = START + 40 * DAY;
const BEGAN = END - 3 * DAY;

/** Faces accepted: 90 %, and next to none from `BEGAN` on for so long; 200 an hour. */
function faces(lasts_ms: number): Series {
  const random = seededRandom(41);
  const metric = metricNamed('face_ok')!;
  const hours: Hours = new Map();
  for (let at = START; at < END; at += HOUR_MS) {
    const tally = new Tally('face_ok');
    for (let i = 0; i < 200; i++) {
      const moment = at + (i / 200) * HOUR_MS;
      const isBad = moment >= BEGAN && moment < BEGAN + lasts_ms;
      tally.add(random() < (isBad ? 0.02 : 0.9) ? 1 : 0);
    }
    hours.set(at, new Map([['face_ok', tally]]));
  }
  return { metric, segment: { tenant: 'a' }, sampling: metric.sampling, parts: new Map([['', hours]]) };
}

function fired(lasts_ms: number, persistence: number) {
  const plan = planOf(
    driftMonitorSchema.parse({ metric: 'face_ok', segments: ['tenant'], window_hours: 6, persistence }),
  );
  if (!plan.ok) throw new Error(plan.error.message);
  const asking = { scope: { tenant: null } };
  const data = { series: [faces(lasts_ms)], deployed: [] };
  const steps = replay(plan.value, data, END - 7 * DAY, END, asking);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.fired;
  }
}

test('half an hour is in six windows of six hours and is told by none', () => {
  expect(fired(30 * 60_000, 2)).toEqual([]);
});

test('where one look is enough, a spike is told', () => {
  expect(fired(30 * 60_000, 1)).toHaveLength(1);
});

test('what goes on is told by the second look that sees it, once', () => {
  const [one, ...others] = fired(2 * DAY, 2);
  expect(others).toEqual([]);
  expect(one!.fired_ms - BEGAN).toBeLessThanOrEqual(3 * HOUR_MS);
});
