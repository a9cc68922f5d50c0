import type { KpiName } from '@pegbar/contract';
import { DEFAULT_OBJECTIVES } from '@pegbar/contract';
import { seededRandom } from '@pegbar/stats';
import { describe, expect, test } from 'vitest';
import { causesOf, type Deployed, likelyOf, type Told } from './causes.ts';
import { type Candidate, type Cell, changeOf, findChanges } from './findings.ts';
import { cellOf, longerStep } from './objectives.ts';

const HOURS = 24;
const random = seededRandom(7);

/** Hours of `n` observations of which a share `p` counts, with the noise of chance. */
const hours = (n: number, p: (hour: number) => number): Cell[] =>
  Array.from({ length: HOURS }, (_, hour) => {
    let a = 0;
    for (let at = 0; at < n; at++) if (random() < p(hour)) a++;
    return { a, b: n };
  });

function candidate(metric: KpiName, now: Cell[], before: Cell[], more: Partial<Candidate> = {}): Candidate {
  const value = (side: 'now' | 'before', from: number, to: number): number | null => {
    const cells = (side === 'now' ? now : before).slice(from, to);
    const b = cells.reduce((sum, cell) => sum + cell.b, 0);
    return b === 0 ? null : cells.reduce((sum, cell) => sum + cell.a, 0) / b;
  };
  return { metric, segment: { workload: 'animation' }, now, before, counted: true, value, ...more };
}

describe('a change', () => {
  test('is found at its hour, and goes on where it did not end', () => {
    const found = changeOf(
      candidate(
        'availability',
        hours(100, (hour) => (hour >= 18 ? 0.8 : 0.99)),
        hours(100, () => 0.99),
      ),
    )!;
    expect(found.from).toBeGreaterThanOrEqual(17);
    expect(found.from).toBeLessThanOrEqual(19);
    expect(found.to).toBe(HOURS);
    expect(found.now).toBeCloseTo(0.8, 1);
    expect(found.z).toBeLessThan(-5);
  });

  test('does not begin with quiet hours that are as before, however many there were then', () => {
    const rate = (b: number, p: number): Cell => ({ a: b * p, b });
    // Few play in the late morning; at the sixth hour what is delivered falls.
    const now = [rate(40, 0.97), rate(40, 0.97), rate(4, 0.98), rate(5, 0.98), rate(9, 0.96), rate(30, 0.6)];
    const then = [rate(30, 0.97), rate(30, 0.97), rate(60, 0.97), rate(60, 0.97), rate(50, 0.97)];
    const before = [...then, rate(30, 0.96), rate(12, 0.97)];
    const found = changeOf(candidate('delivered_fps', [...now, rate(30, 0.6)], before, { counted: true }))!;
    expect([found.from, found.to]).toEqual([5, 7]);
  });

  test('begins where it is seen to begin, also where few were seen since', () => {
    const mean = (b: number, fps: number): Cell => ({ a: b * fps, b });
    const asEver = [mean(40, 27.5), mean(40, 27.9), mean(40, 27.4), mean(40, 27.7), mean(17, 27.8)];
    const now = [...asEver, mean(7, 17.5), mean(10, 18.2)];
    const before = [...asEver, mean(20, 27.6), mean(20, 27.3)];
    const found = changeOf(candidate('delivered_fps', now, before, { counted: false }))!;
    expect([found.from, found.to, found.n]).toEqual([5, 7, 17]);
  });

  test('that ended is told with its end', () => {
    const found = changeOf(
      candidate(
        'oom_rate',
        hours(100, (hour) => (hour >= 6 && hour < 9 ? 0.2 : 0)),
        hours(100, () => 0),
      ),
    )!;
    expect([found.from, found.to]).toEqual([6, 9]);
  });

  test('is none on days on which nothing happened', () => {
    const quiet = Array.from({ length: 300 }, () =>
      candidate(
        'availability',
        hours(40, () => 0.985),
        hours(40, () => 0.985),
      ),
    );
    expect(findChanges(quiet)).toEqual([]);
  });

  test('is none where hours vary as much before', () => {
    const uneven = (n: number): Cell[] => hours(n, (hour) => (hour % 3 === 0 ? 0.5 : 0.1));
    const shifted = (n: number): Cell[] => hours(n, (hour) => (hour % 3 === 1 ? 0.5 : 0.1));
    expect(changeOf(candidate('acceptance_rate', shifted(60), uneven(60)))).toBeNull();
  });

  test('that is sure and small is not told', () => {
    const found = changeOf(
      candidate(
        'nsfw_rate',
        hours(5_000, () => 0.012),
        hours(5_000, () => 0.0105),
      ),
    );
    expect(found).toBeNull();
  });

  test('of few observations is not told', () => {
    expect(
      changeOf(
        candidate(
          'availability',
          hours(1, () => 0),
          hours(1, () => 1),
        ),
      ),
    ).toBeNull();
  });
});

describe('findings', () => {
  const bad = hours(100, (hour) => (hour >= 12 ? 0.7 : 0.99));
  const good = hours(100, () => 0.99);
  const still = () => 0.99;

  test('tell what is of one part of the part, and what is everywhere of the whole', () => {
    const whole = candidate('availability', bad, good);
    const part = (rest: Candidate['value']): Candidate =>
      candidate('availability', bad, good, { segment: { workload: 'animation', region: 'ap-tokyo' }, rest });
    const alone = findChanges([whole, part(still)]);
    expect(alone.map(({ change }) => change.candidate.segment)).toEqual([
      { workload: 'animation', region: 'ap-tokyo' },
    ]);
    const everywhere = findChanges([whole, part((side) => (side === 'now' ? 0.7 : 0.99))]);
    expect(everywhere.map(({ change }) => change.candidate.segment)).toEqual([{ workload: 'animation' }]);
  });

  test('tell a release once, with all that it did', () => {
    const segment = { workload: 'single_image', model_version: 'v7' };
    const of = (metric: KpiName) => candidate(metric, bad, good, { segment, against: 'v6' });
    const [found, ...others] = findChanges([
      of('acceptance_rate'),
      of('availability'),
      candidate('availability', bad, good, { segment: { workload: 'single_image' } }),
    ]);
    expect(others).toEqual([]);
    expect(found?.change.candidate.metric).toBe('availability');
    expect(found?.also.map(({ candidate: { metric } }) => metric)).toEqual(['acceptance_rate']);
  });
});

describe('the likely cause', () => {
  const HOUR = 3_600_000;
  const deployed = (id: string, at_ms: number, more: Partial<Deployed> = {}): Deployed => ({
    id,
    at_ms,
    kind: 'config',
    status: 'start',
    tenant: '',
    detected: false,
    ...more,
  });
  const causes = (
    segment: Record<string, string>,
    list: Deployed[],
    told: (dimension: string, values: ReadonlySet<string>, also: ReadonlySet<string>) => Told = () =>
      undefined,
    from_ms = 9 * HOUR,
  ) =>
    causesOf({
      segment,
      deployed: list,
      differenceBy: (dimension, values, _at_ms, also) => told(dimension, values, also),
      reach: { before_ms: 0, after_ms: 0 },
      changed: { from_ms, to_ms: 11 * HOUR },
    });
  const likely = (...args: Parameters<typeof causes>) => likelyOf(causes(...args))?.deployment.id;

  test('is what was deployed for the segment when it began', () => {
    const found = likely({ region: 'ap-tokyo' }, [
      deployed('elsewhere', 10.2 * HOUR, { region: 'eu-west' }),
      deployed('early', 7 * HOUR),
      deployed('everywhere', 10.3 * HOUR),
      deployed('here', 10.4 * HOUR, { region: 'ap-tokyo' }),
    ]);
    expect(found).toBe('here');
  });

  test('is none where nothing was deployed then', () => {
    expect(likely({}, [deployed('late', 12 * HOUR), deployed('early', 8 * HOUR)])).toBeUndefined();
    // Nothing is known of 8 and 9 o'clock: it may have begun then.
    expect(likely({}, [deployed('early', 8 * HOUR)], undefined, 7 * HOUR)).toBe('early');
  });

  const cdn = deployed('cdn', 10.2 * HOUR, { region: 'ap-tokyo', workload: 'animation' });
  test('is none that lay near and is for a part that changed no more than the rest', () => {
    const told = (): Told => ({ on: -0.06, off: -0.05, error: 0.01 });
    expect(causes({ tenant: 'a' }, [cdn], told)[0]).toMatchObject({ score: 0, deployment: { id: 'cdn' } });
    // Nor one that nobody of the segment got, nor one of which nobody can say what it did.
    expect(causes({ tenant: 'a' }, [cdn], () => 'nobody')[0]!.score).toBe(0);
    expect(likely({ tenant: 'a' }, [cdn])).toBeUndefined();
  });

  test('is what those on it alone show, as far as noise lets one say', () => {
    expect(likely({ tenant: 'a' }, [cdn], () => ({ on: -0.3, off: -0.02, error: 0.02 }))).toBe('cdn');
    expect(likely({ tenant: 'a' }, [cdn], () => ({ on: -0.3, off: -0.02, error: 0.2 }))).toBeUndefined();
  });

  test('is none that all got, where the others did not mind it', () => {
    const all = deployed('all', 10.2 * HOUR);
    const others = (dimension: string): Told =>
      dimension === 'tenant' ? { on: 5, off: 0, error: 1 } : undefined;
    expect(likely({ tenant: 'a' }, [all], others)).toBeUndefined();
    expect(likely({}, [all], others)).toBe('all');
  });

  test('is not told from the rest by others that got it too, and is none that they did not mind', () => {
    const all = ['a', 'b'].map((tenant) => deployed(`for-${tenant}`, 10.2 * HOUR, { tenant, version: 'v7' }));
    const asked: string[] = [];
    const found = (minded: number) =>
      likely({ tenant: 'a' }, all, (dimension, values, also) => {
        asked.push(`${dimension} ${[...values]} beside ${[...also]}`);
        return also.size > 0 ? 'everyone' : { on: 10, off: minded, error: 1 };
      });
    expect(found(9)).toBe('for-a');
    expect(found(0)).toBeUndefined();
    expect(asked.slice(0, 2)).toEqual(['tenant a beside b', 'tenant a beside ']);
  });

  test('is one change where several tenants tell of it', () => {
    const told = ['a', 'b', 'c'].map((tenant, at) =>
      deployed('v7', (10 + at / 10) * HOUR, { tenant, kind: 'model', version: 'v7' }),
    );
    const asked: string[] = [];
    const found = causes({}, told, (dimension, values) => {
      asked.push(`${dimension} ${[...values].join()}`);
      return dimension === 'tenant' ? 'everyone' : { on: 10, off: 1, error: 1 };
    });
    expect(found).toHaveLength(1);
    expect(asked).toEqual(['tenant a,b,c', 'model_version v7']);
    expect(found[0]!.score).toBeCloseTo(0.9);
  });
});

describe('an objective', () => {
  const of = (id: string) => DEFAULT_OBJECTIVES.find((one) => one.id === id)!;

  test.each([
    ['single-image-latency', 4_000, 100, 'inside'],
    ['single-image-latency', 4_700, 100, 'near'],
    ['single-image-latency', 5_001, 100, 'outside'],
    ['single-image-latency', 9_000, 3, null],
    ['animation-fps', 28, 100, 'inside'],
    ['animation-fps', 25, 100, 'near'],
    ['animation-fps', 23.9, 100, 'outside'],
    ['batch-panels-success', 0.98, 1_000, 'outside'],
    // One failure of forty: not even one is allowed, and one is chance.
    ['batch-panels-success', 0.975, 40, 'near'],
    ['batch-panels-success', 0.95, 40, 'outside'],
    // Two where one is allowed are chance; twenty where ten are, are not.
    ['timeouts-oom', 0.01, 200, 'near'],
    ['timeouts-oom', 0.01, 2_000, 'outside'],
  ] as const)('%s at %d of %d is %s', (id, value, n, cell) => {
    expect(cellOf(of(id), value, n, null)).toBe(cell);
  });

  test('that is relative says nothing without a baseline', () => {
    expect(cellOf(of('safety-nsfw'), 0.03, 1_000, 0.01)).toBe('outside');
    expect(cellOf(of('safety-nsfw'), 0.03, 1_000, null)).toBeNull();
  });

  test('is told in longer cells where little happens', () => {
    const points = (n: number) => Array.from({ length: 96 }, () => ({ t: '', value: 1, n }));
    const QUARTER = 900_000;
    expect(longerStep(points(25), QUARTER)).toBeNull();
    expect(longerStep(points(5), QUARTER)).toBe(4 * QUARTER);
    expect(longerStep(points(0), QUARTER)).toBeNull();
  });
});
