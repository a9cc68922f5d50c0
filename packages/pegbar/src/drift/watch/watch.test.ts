import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import { Tally } from '../../rollups/index.ts';
import { openState, type State } from '../../state/index.ts';
import { metricNamed } from '../metrics.ts';
import { HOUR_MS, type Hours, type Series } from '../series.ts';
import { tellSeries } from '../tell.ts';
import { type Budget, budgetAt } from './budget.ts';
import { allMonitors } from './in-force.ts';
import { listMonitors } from './list.ts';
import { endingOf, isDrifting, lookAt, spendLook, whyOfLook } from './look.ts';
import { BUILT_IN, type DriftMonitor, driftMonitorSchema } from './monitors.ts';
import { hoursBetween, planOf } from './plan.ts';
import { replay } from './preview.ts';
import { tellPreview } from './preview-told.ts';
import { advance, endOthers, note, pastOf, type Seen, standingIn } from './standing.ts';
import { putWatched, readWatched } from './state.ts';
import { looksDue, sightingOf } from './watch.ts';

const DAY = 24 * HOUR_MS;
const START = Date.parse('2026-03-02T00:00:00Z');
const END = START + 56 * DAY;

const monitor = (spec: Record<string, unknown>): DriftMonitor => driftMonitorSchema.parse(spec);
const planned = (spec: Record<string, unknown>) => {
  const plan = planOf(monitor(spec));
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
};

function seriesOf(tenant: string, draw: (at_ms: number) => number, n = 12): Series {
  const metric = metricNamed('prompt_tokens')!;
  const hours: Hours = new Map();
  for (let at = START; at < END; at += HOUR_MS) {
    const tally = new Tally('prompt_tokens');
    for (let i = 0; i < n; i++) tally.add(Math.round(draw(at)));
    hours.set(at, new Map([['prompt_tokens', tally]]));
  }
  return { metric, segment: { tenant }, sampling: metric.sampling, parts: new Map([['', hours]]) };
}

async function memory(): Promise<State> {
  const opened = await openState({ path: ':memory:', clock: { now: () => START } as never });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

function previewOf(spec: Record<string, unknown>, series: readonly Series[]) {
  const plan = planned(spec);
  const steps = replay(plan, { series, deployed: [] }, END - 28 * DAY + plan.every_ms, END, {
    scope: { tenant: null },
  });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('a look', () => {
  test('comes an eighth of the window after the one before, at hours that divide a day', () => {
    expect([1, 6, 15, 16, 24, 48, 72, 168].map(hoursBetween)).toEqual([1, 1, 1, 2, 3, 6, 8, 12]);
  });

  test('that was missed is made up for; one that never was begins so far back that it can tell at once', () => {
    const plan = planned({ metric: 'nsfw', persistence: 3 });
    const hours = (looked_ms: number | null) =>
      looksDue(plan, looked_ms === null ? null : { looked_ms }, END).map((at) => (at - END) / HOUR_MS);
    expect(hours(null)).toEqual([-6, -3, 0]);
    expect(hours(END - 3 * HOUR_MS)).toEqual([0]);
    expect(hours(END)).toEqual([]);
    expect(hours(END - 9 * HOUR_MS)).toEqual([-6, -3, 0]);
    expect(hours(START)).toHaveLength(16);
  });

  test('is told as a finding from `persistence` of them on, and wavers without ending', () => {
    const sighting = (drifts: boolean) => ({ series: 'a', drifts, since_ms: START, told: {} });
    let open: Seen[] = [];
    const said: string[] = [];
    for (const drifts of [true, false, true, true, false, true, false, false]) {
      const steps = advance(open, [sighting(drifts)], 2, START);
      said.push(steps.map(({ kind }) => kind).join());
      open = steps.filter(({ kind }) => kind !== 'gone' && kind !== 'forgotten').map(({ one }) => one);
    }
    expect(said).toEqual(['seen', 'forgotten', 'seen', 'fired', 'missed', 'seen', 'missed', 'gone']);
  });

  test('of too few rows neither tells nor ends anything', () => {
    const one: Seen = { series: 'a', since_ms: START, seen: 2, missed: 1, missed_ms: START, told: {} };
    const ending = { after: 2, silent: new Set(['a']) };
    expect(advance([one], [], 2, END, ending)).toEqual([{ kind: 'missed', one }]);
    expect(advance([{ ...one, seen: 1 }], [], 2, END, ending)[0]!.kind).toBe('missed');
    expect(advance([one], [], 2, END, { after: 2 })[0]!.kind).toBe('gone');
  });
});

describe('a preview', () => {
  const random = seededRandom(21);
  const changed = END - 9 * DAY + 5 * HOUR_MS;
  const over = END - 4 * DAY;
  const series = [
    seriesOf('quiet', () => 20 + random() * 20),
    seriesOf('moved', (at) => (at >= changed && at < over ? 32 : 20) + random() * 20),
  ];
  const spec = { metric: 'prompt_tokens', segments: ['tenant'], least_effect: 0.25 };

  test('says when it would have fired, where, since when and until when', () => {
    const { fired, looks, budget } = previewOf(spec, series);
    expect(fired).toHaveLength(1);
    const [one] = fired;
    expect(one!.segment).toEqual({ tenant: 'moved' });
    expect(Math.abs(one!.since_ms - changed)).toBeLessThanOrEqual(4 * HOUR_MS);
    expect(one!.fired_ms - changed).toBeLessThanOrEqual(DAY);
    expect(one!.until_ms).toBeGreaterThan(over);
    expect(looks).toHaveLength((28 * DAY) / (3 * HOUR_MS));
    expect(budget!.discoveries).toBeGreaterThan(0);
    expect(
      tellPreview({ fired, looks, budget, series: 2, shortened: false, from_ms: END - 28 * DAY, to_ms: END }),
    ).toMatchObject({ words: 'would have fired once in 28 days', fired: [{ segment: { tenant: 'moved' } }] });
  });

  test('says the same as the watch that is restarted after every look', async () => {
    const plan = planned(spec);
    const state = await memory();
    for (let at = END - 28 * DAY + plan.every_ms; at <= END; at += plan.every_ms) {
      const before = (await readWatched(state)).get('["m",""]') ?? null;
      const budget: Budget = budgetAt(before?.budget ?? null, plan.budget, at - 1);
      const past = await pastOf(state, { monitor: 'm', tenant: '', persistence: 2 }, START);
      const look = lookAt(plan, { series, deployed: [] }, at, budget, past);
      const sightings = look.judged.filter(isDrifting).map((one) => {
        const why = whyOfLook(one, look, []);
        const since_ms = why.change?.at_ms;
        return sightingOf(one, look, { ...tellSeries(one, why), persistence: 2 }, { since_ms, past });
      });
      await note(state, { monitor: 'm', tenant: '', persistence: 2 }, sightings, at, endingOf(plan, look));
      await putWatched(state, {
        name: 'm',
        tenant: '',
        looked_ms: at,
        at_ms: at,
        spec: '',
        verdict: null,
        series: 2,
        drifting: 0,
        error: null,
        budget: spendLook(budget, look, plan),
      });
    }
    const live = await standingIn(state, { from_ms: START, to_ms: END }, null);
    const { fired } = previewOf(spec, series);
    expect(live.map(({ segment, since_ms, until_ms }) => ({ segment, since_ms, until_ms }))).toEqual(
      fired.map(({ segment, since_ms, until_ms }) => ({ segment, since_ms, until_ms })),
    );
    await state.close();
  });

  test('knows persistence, least effect, minimum n, exclusions and segments as the watch does', () => {
    const times = (more: Record<string, unknown>) => previewOf({ ...spec, ...more }, series).fired.length;
    expect(times({ persistence: 48 })).toBe(0);
    expect(times({ least_effect: 9 })).toBe(0);
    expect(times({ minimum_n: 100_000 })).toBe(0);
    expect(times({ filter: ['tenant=quiet'] })).toBe(0);
    expect(times({ window_hours: 6 })).toBe(1);
    // With those days left out of the baseline the days after are as before, and are so anyway.
    expect(times({ exclude: ['2026-04-18/2026-04-24'] })).toBe(1);
  });

  test('of nothing, and of hours without data, says that there was nothing', () => {
    expect(previewOf(spec, [])).toMatchObject({ fired: [], budget: { tests: 0 } });
    const empty = { ...series[0]!, parts: new Map([['', new Map()]]) };
    const { looks } = previewOf(spec, [empty]);
    expect(looks.every(({ p, effect }) => p === null && effect === 0)).toBe(true);
  });
});

describe('monitors', () => {
  const of = { monitor: 'm', tenant: '', persistence: 2 };
  const sighting = {
    series: '{"tenant":"a"}',
    drifts: true,
    since_ms: START,
    told: { metric: 'nsfw', segment: { tenant: 'a' }, words: 'w', persistence: 2 },
  };
  const all = { from_ms: START, to_ms: END };

  test('tell what they saw twice, keep its start and say when it ended; each tenant sees its own', async () => {
    const state = await memory();
    await note(state, of, [sighting], START);
    expect(await standingIn(state, all, null)).toEqual([]);
    await note(state, of, [{ ...sighting, since_ms: START + HOUR_MS }], START + HOUR_MS);
    expect(await standingIn(state, all, 'a')).toMatchObject([{ since_ms: START, until_ms: null }]);
    expect(await standingIn(state, all, 'b')).toEqual([]);
    await note(state, of, [], START + 2 * HOUR_MS);
    expect(await standingIn(state, all, null)).toMatchObject([{ until_ms: null }]);
    await note(state, of, [], START + 3 * HOUR_MS);
    expect(await standingIn(state, all, null)).toMatchObject([{ until_ms: START + 2 * HOUR_MS }]);
    await state.close();
  });

  test('that are no more end with what they found', async () => {
    const state = await memory();
    for (const at of [START, START + HOUR_MS]) await note(state, of, [sighting], at);
    await endOthers(state, [{ name: 'm', tenant: '' }], END);
    expect(await standingIn(state, all, null)).toMatchObject([{ until_ms: null }]);
    await endOthers(state, [{ name: 'm', tenant: 'b' }], END);
    expect(await standingIn(state, all, null)).toMatchObject([{ until_ms: END }]);
    await state.close();
  });

  test('are listed, declared and built in, with where they stand', async () => {
    const state = await memory();
    const put = (tenant: string, name: string, spec: unknown) =>
      state.run(
        "INSERT INTO resources (kind, tenant, name, spec, version, changed_at) VALUES ('DriftMonitor', ?, ?, ?, 1, 1)",
        [tenant, name, JSON.stringify(spec)],
      );
    await put('', 'acceptance', { metric: 'acceptance', enabled: false });
    await put('b', 'own', { metric: 'nsfw', muted_until: '2027-01-01T00:00:00Z' });
    await put('', 'old', { metric: 'happiness' });
    const items = await listMonitors(state, END, null);
    const named = (name: string) => items.find((one) => one.name === name);
    expect(named('acceptance')).toMatchObject({
      origin: 'declared',
      replaces: true,
      state: 'off',
      next_look: null,
    });
    expect(named('own')).toMatchObject({
      state: 'waiting',
      muted_until: '2027-01-01T00:00:00.000Z',
      last_look: null,
    });
    expect(named('old')).toMatchObject({
      state: 'failing',
      error: expect.stringContaining('"happiness" is not one of'),
    });
    expect(named('prompt-tokens')).toMatchObject({
      origin: 'built_in',
      every_hours: 3,
      spec: { least_effect: 0.25 },
    });
    expect(items).toHaveLength(Object.keys(BUILT_IN).length + 2);
    // A tenant sees its own and those of the installation, not its neighbours'.
    const seen = await listMonitors(state, END, 'a');
    expect(seen.map(({ name }) => name)).not.toContain('own');
    expect((await allMonitors(state)).length).toBe(items.length);
    await state.close();
  });

  test.each([
    [{ metric: 'happiness' }, 'metric', /"happiness" is not one of prompt_tokens/],
    [{}, 'metric', /is missing/],
    [{ metric: 'nsfw', baseline: 'yesterday' }, 'baseline', /"yesterday" is not 28d/],
    [{ metric: 'nsfw', window_hours: 0 }, 'window_hours', /0 is not a whole number from 1 to 168/],
    [{ metric: 'nsfw', persistence: 1.5 }, 'persistence', /1\.5 is not a whole number from 1 to 48/],
    [{ metric: 'nsfw', alpha: 0 }, 'alpha', /0 is not a number from/],
    [{ metric: 'nsfw', least_effect: 'large' }, 'least_effect', /"large" is not a number/],
    [{ metric: 'nsfw', segments: ['city'] }, 'segments.0', /"city" is not one of tenant/],
    [{ metric: 'nsfw', segments: ['region', 'workload'] }, 'segments', /not kept together.*Take tenant/],
    [{ metric: 'nsfw', segments: ['pipeline_stage'] }, 'segments', /not known by stage/],
    [
      { metric: 'nsfw', filter: [`tenant=${'x'.repeat(600)}`] },
      'filter.0',
      /is not a filter of at most 500 char/,
    ],
    [{ metric: 'nsfw', exclude: ['2026-02-27/2026-02-31'] }, 'exclude.0', /is not FROM\/TO, two times/],
    [{ metric: 'nsfw', filter: ['tenant'] }, 'filter', /"tenant" is not a filter\. Write field=value/],
    [{ metric: 'nsfw', exclude: ['2026-01-02/2026-01-01'] }, 'exclude.0', /is not FROM\/TO/],
    [{ metric: 'nsfw', muted_until: 'soon' }, 'muted_until', /"soon" is not a time/],
  ])('are refused with field, value and cure: %j', (spec, field, message) => {
    const issue = driftMonitorSchema.safeParse(spec).error?.issues[0];
    expect(issue?.path.join('.')).toBe(field);
    expect(issue?.message).toMatch(message);
  });
});
