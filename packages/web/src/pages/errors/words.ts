/** Errors in words: the codes of the taxonomy, and what is so about a range. */
import type { Failures, FailuresThen } from '../../api/index.ts';
import { formatCount, formatPercent } from '../../format/index.ts';

const CODES: Readonly<Record<string, string>> = {
  oom: 'out of memory',
  cuda: 'CUDA error',
  timeout: 'timeout',
  safety_block: 'safety block',
  invalid_config: 'invalid configuration',
  internal: 'internal error',
  cancelled: 'cancelled',
  none: 'no code told',
};
export const codeWords = (code: string): string => CODES[code] ?? code.replaceAll('_', ' ');

export interface CodeBeside {
  readonly code: string;
  readonly counts: readonly number[];
  readonly n: number;
  /** Undefined where nothing is compared. */
  readonly before: { readonly counts: readonly number[]; readonly n: number } | undefined;
}
/** Codes of now, each beside itself of then; what failed then alone stands after them, with nothing now. */
export function besides({ codes, times }: Failures, then: FailuresThen | undefined): CodeBeside[] {
  const none = { counts: times.map(() => 0), n: 0 };
  const now = new Set(codes.map(({ code }) => code));
  const gone = [...(then?.codes ?? [])].filter(([code]) => !now.has(code));
  return [
    ...codes.map(({ code, counts, n }) => ({
      code,
      counts,
      n,
      before: then && (then.codes.get(code) ?? none),
    })),
    ...gone.map(([code, before]) => ({ code, ...none, before })),
  ];
}

/** `12 did in the previous 7 d.`: where nothing fails now there are no bars to lay it beside. */
export function wasWords(then: FailuresThen | undefined, than: string | undefined): string {
  const n = [...(then?.codes.values() ?? [])].reduce((sum, one) => sum + one.n, 0);
  return n === 0 || than === undefined ? '' : `${formatCount(n)} did in ${than}.`;
}

/** Fewer failures than these of one value are chance. */
const LEAST = 3;
/** A value stands out where it fails so many times as often as all. */
const OUT = 1.8;

/** What fails no more often than all do says nothing of why. */
const USUAL = 1.1;

export interface Suspect {
  readonly field: string;
  readonly value: string;
  readonly failed: number;
  readonly of: number;
  readonly code: string;
  readonly rate: number;
  /** The rate over that of all requests. */
  readonly times: number;
}

/** Values by how much more often they fail than all do; the surest first. */
export function suspectsOf({ settings, codes }: Failures): Suspect[] {
  const failed = codes.reduce((sum, one) => sum + one.n, 0);
  // Every request has one workload: what they add up to is all.
  const all = (field: string): number =>
    settings.filter((one) => one.field === field).reduce((sum, one) => sum + one.of, 0);
  const of = Math.max(1, ...[...new Set(settings.map((one) => one.field))].map(all));
  const usual = failed / of;
  return settings
    .filter((one) => one.of > 0)
    .map((one) => ({ ...one, rate: one.failed / one.of, times: one.failed / one.of / Math.max(usual, 1e-9) }))
    .filter((one) => one.times >= USUAL)
    .sort((a, b) => sureness(b, usual) - sureness(a, usual));
}

/** How many failures there are beyond the usual, in standard errors of a count. */
const sureness = ({ failed, of }: Suspect, usual: number): number =>
  (failed - of * usual) / Math.sqrt(Math.max(1, of * usual));

export function findingOf(failures: Failures, where: string): { headline: string; sentence: string } {
  const total = failures.codes.reduce((sum, one) => sum + one.n, 0);
  if (total === 0)
    return { headline: `Nothing failed in ${where}`, sentence: 'No request failed or timed out.' };
  const first = failures.codes[0]!;
  const run = failures.runs[0];
  const worst = suspectsOf(failures).find((one) => one.failed >= LEAST && one.times >= OUT);
  const counts = `${formatCount(total)} ${total === 1 ? 'request' : 'requests'} failed or timed out in ${where}`;
  const share = `${codeWords(first.code)} ${formatCount(first.n)} times`;
  const also = failures.codes
    .slice(1, 3)
    .map((one) => `${codeWords(one.code)} ${formatCount(one.n)}`)
    .join(', ');
  const causes = `${counts}: ${share}${also === '' ? '' : `, ${also}`}.`;
  if (run)
    return {
      headline: `${run.value} ran out of memory ${run.length} times in a row`,
      sentence: causes,
    };
  if (worst)
    return {
      headline: `${worst.value} fails ${worst.times >= 10 ? Math.round(worst.times) : worst.times.toFixed(1)} times as often as others`,
      sentence: `${formatPercent(worst.rate)} of its requests fail, mostly ${codeWords(worst.code)}. ${causes}`,
    };
  return {
    headline: counts,
    sentence: `${share.charAt(0).toUpperCase()}${share.slice(1)}${also === '' ? '' : `, ${also}`}.`,
  };
}
