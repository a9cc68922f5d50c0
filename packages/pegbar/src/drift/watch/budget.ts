/**
 * The error budget of one monitor: of what it tells in 28 days, at most α is wrong (false discovery rate, ADDIS).
 *
 * Looks at overlapping windows are no tests of their own: a period, at least as long as the window, is one test. Its p
 * is the smallest of its looks times their number (Bonferroni), of a look that of all series together (Simes, which is
 * the smallest after Benjamini–Hochberg). So a look is held at the period's level over the number of looks. Windows
 * reach back into the period before, whose outcome is therefore not used for the level.
 */
import { ONLINE_START, type OnlineState, onlineCost, onlineLevel, onlineRecord } from '@pegbar/stats';

/** After so long the budget is new: otherwise levels would sink for ever where nothing happens. */
export const BUDGET_MS = 28 * 86_400_000;

interface Period {
  readonly from_ms: number;
  readonly level: number;
  /** Smallest p of its looks times their number; above 1 where nothing was tested yet. */
  readonly p: number;
  readonly isDiscovery: boolean;
}

/** A plain value, kept as JSON. */
export interface Budget {
  readonly since_ms: number;
  /** Without the last two periods. */
  readonly state: OnlineState;
  readonly before: Period | null;
  readonly open: Period;
  readonly spent: number;
}

export interface BudgetRule {
  readonly alpha: number;
  /** Length of a period, ms. */
  readonly period_ms: number;
  /** Looks of a period. */
  readonly looks: number;
}

const UNTESTED = 2;
const ruleOf = ({ alpha }: BudgetRule) => ({ method: 'addis', alpha }) as const;
const isTested = ({ p }: Period): boolean => p < UNTESTED;

/** The budget as a look at `at_ms` finds it: periods that are over are settled, one that is 28 days old is new. */
export function budgetAt(known: Budget | null, rule: BudgetRule, at_ms: number): Budget {
  const from_ms = Math.floor(at_ms / rule.period_ms) * rule.period_ms;
  if (known === null || from_ms >= known.since_ms + BUDGET_MS) return newBudget(rule, from_ms);
  if (from_ms <= known.open.from_ms) return known;
  const settled = known.before ? settle(known, known.before, rule) : known;
  const before = isTested(known.open) ? known.open : null;
  // Of an older one nothing overlaps any more.
  const isFar = before !== null && before.from_ms < from_ms - rule.period_ms;
  const budget = isFar ? settle(settled, before, rule) : settled;
  const waits = isFar ? null : before;
  return { ...budget, before: waits, open: periodAt(from_ms, budget.state, rule, waits === null ? 0 : 1) };
}

function newBudget(rule: BudgetRule, from_ms: number): Budget {
  const open = periodAt(from_ms, ONLINE_START, rule, 0);
  return { since_ms: from_ms, state: ONLINE_START, before: null, open, spent: 0 };
}

const periodAt = (from_ms: number, state: OnlineState, rule: BudgetRule, pending: number): Period => ({
  from_ms,
  level: onlineLevel(state, ruleOf(rule), pending),
  p: UNTESTED,
  isDiscovery: false,
});

function settle(budget: Budget, { p, level, isDiscovery }: Period, rule: BudgetRule): Budget {
  return {
    ...budget,
    state: onlineRecord(budget.state, p, isDiscovery, ruleOf(rule)),
    spent: budget.spent + onlineCost(p, level, ruleOf(rule)),
  };
}

/** The α of one look at all series of the monitor. */
export const lookLevel = ({ open }: Budget, { looks }: BudgetRule): number => open.level / looks;

/** Notes a look: the smallest p after correction for its series, null where none could be tested. */
export function spend(budget: Budget, p: number | null, isDiscovery: boolean, { looks }: BudgetRule): Budget {
  if (p === null) return budget;
  const { open } = budget;
  return {
    ...budget,
    open: {
      ...open,
      p: Math.min(open.p, 1, p * looks),
      isDiscovery: open.isDiscovery || isDiscovery,
    },
  };
}

export interface BudgetTold {
  /** Bound on the share of what it tells that is wrong, within one budget. */
  readonly alpha: number;
  readonly alpha_spent: number;
  /** Periods that were tested. */
  readonly tests: number;
  readonly discoveries: number;
  /** Of this period. */
  readonly level: number;
  readonly since_ms: number;
  readonly until_ms: number;
}

/** With what is not settled yet counted in. */
export function tellBudget(budget: Budget, rule: BudgetRule): BudgetTold {
  const waiting = [budget.before, budget.open].filter((one): one is Period => one !== null && isTested(one));
  const all = waiting.reduce((sum, one) => settle(sum, one, rule), budget);
  return {
    alpha: rule.alpha,
    alpha_spent: all.spent,
    tests: all.state.tests,
    discoveries: all.state.discoveries.length,
    level: budget.open.level,
    since_ms: budget.since_ms,
    until_ms: budget.since_ms + BUDGET_MS,
  };
}
