import { expect, test } from 'vitest';
import { blockBootstrap, poissonBootstrap } from './bootstrap.ts';
import { cusum, deseasonalise, pageHinkley } from './change-point.ts';
import { ONLINE_START, onlineCost, onlineLevel, onlineRecord, onlineTest } from './online.ts';
import { seededRandom } from './random.ts';

const METHODS = ['lord', 'saffron', 'addis'] as const;

test('over a stream without change hardly anything is ever discovered', () => {
  for (const method of METHODS) {
    let streams = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      let state = ONLINE_START;
      let any = false;
      for (let i = 0; i < 1000; i++) {
        const step = onlineTest(state, random(), { method, alpha: 0.05 });
        state = step.state;
        any ||= step.isDiscovery;
      }
      if (any) streams++;
    }
    expect(streams, method).toBeLessThanOrEqual(10);
  }
});

test('what is sure is discovered, and earns the next test a higher level', () => {
  for (const method of METHODS) {
    const first = onlineTest(ONLINE_START, 1e-9, { method, alpha: 0.05 });
    expect(first.isDiscovery, method).toBe(true);
    const after = onlineTest(first.state, 0.3, { method, alpha: 0.05 });
    const without = onlineTest(onlineTest(ONLINE_START, 0.3, { method, alpha: 0.05 }).state, 0.3, {
      method,
      alpha: 0.05,
    });
    expect(after.level, method).toBeGreaterThan(without.level);
  }
});

test('what the tests used up never exceeds the bound times the discoveries', () => {
  for (const method of METHODS) {
    const rule = { method, alpha: 0.05 };
    const random = seededRandom(11);
    let state = ONLINE_START;
    let spent = 0;
    for (let i = 0; i < 500; i++) {
      const p = i % 40 === 0 ? random() * 1e-5 : random();
      const step = onlineTest(state, p, rule);
      spent += onlineCost(p, step.level, rule);
      state = step.state;
      expect(spent, method).toBeLessThanOrEqual(0.05 * Math.max(1, state.discoveries.length) + 1e-12);
    }
    expect(spent, method).toBeGreaterThan(0);
  }
});

test('tests whose outcome may not be used yet lower the level and never raise it', () => {
  for (const method of METHODS) {
    const rule = { method, alpha: 0.05 };
    const known = onlineRecord(ONLINE_START, 1e-9, true, rule);
    expect(onlineLevel(ONLINE_START, rule, 1), method).toBeLessThan(onlineLevel(ONLINE_START, rule));
    // As if it had been neither a candidate nor discarded.
    expect(onlineLevel(known, rule, 1), method).toBe(
      onlineLevel(onlineRecord(known, 0.4999, false, { method: 'lord', alpha: 0.05 }), rule),
    );
  }
});

test('a change is dated within a day in a series with a weekly season', () => {
  const random = seededRandom(3);
  const noise = () => random() + random() + random() + random() - 2;
  const series = Array.from({ length: 6 * 168 }, (_, hour) => {
    const season = 10 * Math.sin(((hour % 24) / 24) * 2 * Math.PI) + (hour % 168 >= 120 ? 8 : 0);
    return season + noise() + (hour >= 900 ? 1.5 : 0);
  });
  const scores = deseasonalise(series, 168, 4 * 168);
  for (const detect of [cusum, pageHinkley]) {
    const found = detect(scores.subarray(4 * 168), { slack: 0.75, bound: 12 });
    expect(found?.direction).toBe('up');
    expect(Math.abs(4 * 168 + found!.at - 900)).toBeLessThanOrEqual(24);
  }
});

test('intervals over days and clusters hold what they should and are repeatable', () => {
  const mean = (days: readonly number[]) => days.reduce((sum, day) => sum + day, 0) / days.length;
  const days = Array.from({ length: 28 }, (_, day) => 10 + (day % 7));
  const interval = blockBootstrap(days, 7, mean, { random: seededRandom(1) })!;
  expect(interval).toEqual(blockBootstrap(days, 7, mean, { random: seededRandom(1) }));
  expect(interval[0]).toBeLessThanOrEqual(13);
  expect(interval[1]).toBeGreaterThanOrEqual(13);
  expect(blockBootstrap([1], 7, mean, { random: seededRandom(1) })).toBeUndefined();
  const weighted = (weights: Uint8Array) => weights.reduce((sum, weight, i) => sum + weight * (i % 2), 0);
  const [low, high] = poissonBootstrap(200, weighted, { random: seededRandom(2) })!;
  expect(low).toBeLessThan(100);
  expect(high).toBeGreaterThan(100);
});
