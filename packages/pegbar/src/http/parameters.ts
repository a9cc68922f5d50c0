/** Parameters of a URL, read the same way by every route. */
import {
  type Condition,
  type FlowQuestion,
  type KpiQuestion,
  longerUntil,
  parseFilters,
  readLimit,
  readRange,
  sinceOf,
  type TimeRange,
} from '../explore/index.ts';
import type { ApiDeps, Call } from './deps.ts';
import { orRefuse, Refusal } from './failure.ts';

const DAY_MS = 86_400_000;

export function rangeOf({ url }: Call, { clock }: Pick<ApiDeps, 'clock'>, fallback_ms = DAY_MS): TimeRange {
  const { searchParams: query } = url;
  const asked = { from: query.get('from') ?? undefined, to: query.get('to') ?? undefined };
  return orRefuse(readRange(asked, clock.now(), fallback_ms));
}

export const filtersOf = ({ url }: Call): Condition[] =>
  orRefuse(parseFilters(url.searchParams.getAll('filter')));

export function pageOf(call: Call, deps: Pick<ApiDeps, 'clock'>, fallback_ms?: number) {
  const query = call.url.searchParams;
  return {
    ...rangeOf(call, deps, fallback_ms),
    conditions: filtersOf(call),
    limit: orRefuse(readLimit(query.get('limit') ?? undefined)),
    cursor: query.get('cursor') ?? undefined,
  };
}

/** `a,b,c` of a parameter, which may also repeat. */
export const listOf = ({ url }: Call, name: string): string[] =>
  url.searchParams
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS };
const STEP_MOST_MS = 366 * DAY_MS;

/** `step`: seconds, or 5m, 1h, 1d; null without it. Milliseconds. */
export function stepOf({ url }: Call): number | null {
  const text = url.searchParams.get('step');
  if (text === null || text === '') return null;
  const parts = /^(\d{1,9})([smhd]?)$/.exec(text);
  const ms = parts ? Number(parts[1]) * UNITS_MS[parts[2] || 's']! : 0;
  if (ms >= 1_000 && ms <= STEP_MOST_MS) return ms;
  throw new Refusal('invalid_request', 'step is not a length of time from 1s to 366d', {
    field: 'step',
    hint: 'Write seconds, or 5m, 1h, 1d.',
  });
}

/** Lines of one chart, and some more to choose from. */
const TOP_MOST = 100;

function topOf({ url }: Call): number | undefined {
  const text = url.searchParams.get('top');
  if (text === null) return undefined;
  const top = Number(text);
  if (Number.isInteger(top) && top >= 1 && top <= TOP_MOST) return top;
  throw new Refusal('invalid_request', `top is not a whole number from 1 to ${TOP_MOST}`, { field: 'top' });
}

const LEAST_MOST = 1_000;
/** `least`: observations that a point should rest on; without it or without a step points are as asked. */
function longerOf({ url }: Call, range: TimeRange, step_ms: number | null): KpiQuestion['longer'] {
  const text = url.searchParams.get('least');
  if (text === null || step_ms === null) return undefined;
  const least = Number(text);
  if (Number.isInteger(least) && least >= 0 && least <= LEAST_MOST) return longerUntil(least, range, step_ms);
  throw new Refusal('invalid_request', `least is not a whole number from 0 to ${LEAST_MOST}`, {
    field: 'least',
  });
}

type Timed = Pick<ApiDeps, 'clock'>;
function overTime(call: Call, deps: Timed) {
  const range = rangeOf(call, deps);
  const step_ms = stepOf(call);
  const longer = longerOf(call, range, step_ms);
  const since_ms = longer && step_ms !== null ? sinceOf(range, step_ms) : undefined;
  return { ...range, step_ms, by: listOf(call, 'by'), conditions: filtersOf(call), longer, since_ms };
}

export const kpiQuestionOf = (call: Call, deps: Timed): KpiQuestion => ({
  ...overTime(call, deps),
  metrics: listOf(call, 'metrics'),
  top: topOf(call),
});

export const flowQuestionOf = (call: Call, deps: Timed): FlowQuestion => ({
  ...overTime(call, deps),
  of: call.url.searchParams.get('of') ?? '',
});

/** How a question is asked. */
export const askingOf = ({ scope, signal }: Call) => ({ scope, signal });
