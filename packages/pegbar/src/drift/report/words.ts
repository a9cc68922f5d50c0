/** The sentences of a report: the same in the mail, in the text and in the subject. */
import type { DriftReport, ReportFigure, ReportFinding, ReportSeries } from './report.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `21 Nov 2026`. */
export function dayWords(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${MONTHS[month! - 1]} ${year}`;
}

/** `21 Nov, 04:00 UTC`. */
export function timeWords(time: string): string {
  const [day, clock] = time.split('T');
  return `${dayWords(day!).replace(/ \d{4}$/, '')}, ${clock!.slice(0, 5)} UTC`;
}

const COUNTED = ['Nothing', 'One thing', 'Two things', 'Three things', 'Four things', 'Five things'];
export function headline({ total, day, looked_at }: DriftReport): string {
  if (looked_at.series === 0) return `Nothing was told on ${dayWords(day)}`;
  return `${COUNTED[total] ?? `${total} things`} drifted on ${dayWords(day)}`;
}

export const subjectOf = (report: DriftReport): string => `Pegbar: ${headline(report).replace(/^./, low)}`;
const low = (letter: string): string => letter.toLowerCase();

export function placeOf({ segment, against }: Pick<ReportSeries, 'segment' | 'against'>): string {
  const place = Object.values(segment).join(', ') || 'Everything';
  return against === null ? place : `${place} against ${against}`;
}

export const sinceWords = ({ since }: ReportSeries): string =>
  since ? `Since ${timeWords(since)}` : 'Since an hour that cannot be told';
const NONE = 'none likely';
export const causeWords = ({ cause_words: words = NONE }: ReportSeries): string =>
  words === NONE ? 'No release or change is a likely cause' : `Likely cause: ${words}`;

/** `p < 0.001, n = 1,204`. */
export function sureWords({ p_adjusted: p, n_cur }: ReportSeries): string {
  const how = p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
  return `${how}, n = ${n_cur.toLocaleString('en-US')}`;
}

/** `was 22 tokens, is 31 tokens`, or null where there are no two sides. */
export function sidesOf({ unit, now, before }: ReportFinding): { now: string; before: string } | null {
  return now === null || before === null ? null : { now: amount(unit, now), before: amount(unit, before) };
}

export function amount(unit: string, value: number): string {
  if (unit === 'share') return `${rounded(value * 100)} %`;
  if (unit === 'ms') return Math.abs(value) >= 1_000 ? `${rounded(value / 1_000)} s` : `${rounded(value)} ms`;
  if (unit === 'usd') return `$${rounded(value)}`;
  if (unit === 'count') return Math.round(value).toLocaleString('en-US');
  return unit === '' ? rounded(value) : `${rounded(value)} ${unit}`;
}
const DIGITS = 3;
const rounded = (value: number): string =>
  Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(DIGITS)));

export const figureWords = (unit: string, value: number | null): string =>
  value === null ? '–' : amount(unit, value);

/** Below this a difference is the same in the digits that are told. */
const SAME = 0.005;
/** `+12 %` of what was, of shares `−1.2 points`; `the same`, or '' where a side is unknown. */
export function differenceWords({ unit, now, day_before: before }: ReportFigure): string {
  if (now === null || before === null) return '';
  const sign = now > before ? '+' : '−';
  if (unit === 'share') {
    const points = Math.abs(now - before) * 100;
    return points < 0.05 ? 'the same' : `${sign}${rounded(Number(points.toFixed(1)))} points`;
  }
  if (before === 0) return now === 0 ? 'the same' : '';
  const share = Math.abs(now / before - 1);
  return share < SAME ? 'the same' : `${sign}${rounded(Math.round(share * 100))} %`;
}

export function lookedWords({ looked_at: looked, alpha }: DriftReport): string {
  const { series, segments, metrics, insufficient_data: few, changed_but_small: small } = looked;
  return (
    `Looked at ${series.toLocaleString('en-US')} series: ${metrics.length} metrics in ${segments} segments. ` +
    `${few} had not enough data, ${small} changed, but less than matters. α ${alpha}, corrected over all.`
  );
}

export const againstWords = ({ baseline }: DriftReport): string =>
  `Against ${baseline.asked}: ${timeWords(baseline.from)} to ${timeWords(baseline.to)}, hours of the week matched.`;

/** Windows that were left out of the baseline, told once each. */
export const excludedWords = ({ baseline: { excluded } }: DriftReport): string | null =>
  excluded.length === 0
    ? null
    : `Left out of the baseline: ${[...new Set(excluded.map(({ why }) => why))].join('; ')}.`;

const STATUSES: Readonly<Record<string, string>> = {
  rolled_back: 'rolled back',
  start: 'started',
  end: 'ended',
};
export const statusWords = (status: string): string => STATUSES[status] ?? status;

/** `of mangatan`, `of 4 tenants`. */
export const tenantsWords = (tenants: readonly string[]): string =>
  tenants.length === 1 ? `of ${tenants[0]}` : `of ${tenants.length} tenants`;
