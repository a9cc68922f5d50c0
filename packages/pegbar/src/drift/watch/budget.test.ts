import { seededRandom } from '@pegbar/stats';
import { expect, test } from 'vitest';
import { BUDGET_MS, type Budget, budgetAt, lookLevel, spend, tellBudget } from './budget.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULE = { alpha: 0.05, period_ms: DAY, looks: 8 };
const START = Date.parse('2026-03-02T00:00:00Z');

/** Looks every three hours, `p` by the number of the look; how many were discoveries. */
function days(count: number, p: (look: number) => number | null, from: Budget | null = null): Budget {
  let budget = from;
  for (let look = 0; look < count * 8; look++) {
    const level = budgetAt(budget, RULE, START + look * 3 * HOUR);
    const found = p(look);
    budget = spend(level, found, found !== null && found <= lookLevel(level, RULE), RULE);
  }
  return budget!;
}

test('in months in which nothing changes hardly one tells of something, though its looks overlap', () => {
  const random = seededRandom(5);
  let months = 0;
  for (let month = 0; month < 400; month++) {
    let last = random();
    const budget = days(28, () => {
      // Neighbouring looks see nearly the same rows.
      if (random() < 0.3) last = random();
      return last;
    });
    if (tellBudget(budget, RULE).discoveries > 0) months++;
  }
  expect(months / 400).toBeLessThanOrEqual(0.05);
});

test('what is sure is found on any day of the month', () => {
  for (const day of [0, 13, 27]) {
    const budget = days(day + 1, (look) => (look >= day * 8 ? 1e-9 : 0.4));
    expect(tellBudget(budget, RULE).discoveries).toBe(1);
  }
});

test('a period is one test, whatever the number of its looks; what could not be tested is none', () => {
  expect(
    tellBudget(
      days(3, () => 0.03),
      RULE,
    ),
  ).toMatchObject({ tests: 3, discoveries: 0 });
  expect(
    tellBudget(
      days(3, () => null),
      RULE,
    ),
  ).toMatchObject({ tests: 0, alpha_spent: 0 });
});

test('it is used up by what was nearly something, never beyond α, and new after 28 days', () => {
  const told = tellBudget(
    days(20, () => 0.05),
    RULE,
  );
  expect(told.alpha_spent).toBeGreaterThan(0);
  expect(told.alpha_spent).toBeLessThanOrEqual(0.05);
  expect(told.level).toBeLessThan(
    tellBudget(
      days(1, () => 0.05),
      RULE,
    ).level,
  );
  const fresh = budgetAt(
    days(20, () => 0.05),
    RULE,
    START + BUDGET_MS,
  );
  expect(tellBudget(fresh, RULE)).toMatchObject({ tests: 0, since_ms: START + BUDGET_MS });
});

test('it survives a restart between any two looks', () => {
  const random = seededRandom(9);
  const ps = Array.from({ length: 28 * 8 }, () => random() ** 3);
  const whole = days(28, (look) => ps[look]!);
  let kept: Budget | null = null;
  for (const [look, p] of ps.entries()) {
    const level = budgetAt(kept, RULE, START + look * 3 * HOUR);
    kept = JSON.parse(JSON.stringify(spend(level, p, p <= lookLevel(level, RULE), RULE))) as Budget;
  }
  expect(kept).toEqual(whole);
});

test('a server that was away settles what it had and goes on', () => {
  const before = days(2, () => 0.2);
  const after = budgetAt(before, RULE, START + 9 * DAY);
  expect(after.before).toBeNull();
  expect(tellBudget(after, RULE)).toMatchObject({ tests: 2, since_ms: START });
});
