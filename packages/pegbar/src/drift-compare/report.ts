import type { Reason, Verdict } from '@pegbar/stats';
import type { ColumnResult } from './compare.ts';

/** One column of the answer, under the names that scripts hold on to. */
export interface ColumnReport {
  readonly column: string;
  readonly verdict: Verdict;
  readonly n_ref: number;
  readonly n_cur: number;
  /** Numbers: Hodges–Lehmann shift in the column's unit; else change of the share of what moved most. */
  readonly shift: number | null;
  readonly shift_interval: readonly [number, number] | null;
  readonly unit: string;
  readonly psi: number;
  readonly psi_debiased: number;
  readonly p: number;
  readonly missing_rate_change: number;
  readonly new_categories: readonly string[];
  readonly contributors: readonly {
    readonly name: string;
    readonly share: number;
    readonly direction: 'more' | 'less';
    readonly reference: number;
    readonly current: number;
  }[];
  readonly n_needed: number | null;
  readonly within: number | null;
  readonly mix: number | null;
}

/** Units that names of columns end in, as everywhere in Pegbar. */
const UNIT = /_(ms|s|usd|mb|bytes|bps|c|w|fps|chars|tokens|words|hours)$/;

export function columnReport(result: ColumnResult): ColumnReport {
  const { evidence, judgement } = result;
  const isShare = result.kind !== 'numeric';
  return {
    column: result.column,
    verdict: judgement.verdict,
    n_ref: Math.round(evidence.nReference),
    n_cur: Math.round(evidence.nCurrent),
    shift: finite(isShare ? rounded(result.shift) : result.shift),
    shift_interval: result.interval?.every(Number.isFinite) ? result.interval : null,
    unit: isShare
      ? result.of === undefined
        ? 'share'
        : `share of ${result.of}`
      : (UNIT.exec(result.column)?.[1] ?? ''),
    psi: evidence.psi,
    psi_debiased: evidence.psiDebiased,
    p: evidence.p,
    missing_rate_change: evidence.missing.change,
    new_categories: evidence.newCategories,
    contributors: result.contributors.map((one) => ({
      name: one.name,
      share: one.share,
      direction: one.direction,
      reference: one.shareReference,
      current: one.shareCurrent,
    })),
    n_needed: judgement.nNeeded ?? null,
    within: evidence.within ?? null,
    mix: evidence.mix ?? null,
  };
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** Shares that differ by the rounding of weights do not differ. */
const rounded = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : Math.abs(share) < SHARE_LEAST ? 0 : share;
const SHARE_LEAST = 1e-12;

const REASONS: Readonly<Record<Reason, string>> = {
  changed: 'drift',
  small: 'changed, but small',
  passing: 'changed, but did not last',
  unchanged: 'no drift',
  too_few: 'not enough data',
};

/** The verdict in words, and why, in the column's own unit. */
export function wordsOf(result: ColumnResult): { verdict: string; change: string } {
  const { judgement } = result;
  const verdict = REASONS[judgement.reason];
  if (judgement.reason === 'too_few') {
    return { verdict, change: neededWords(result) };
  }
  if (judgement.reason === 'unchanged') return { verdict, change: '' };
  const because = judgement.because.length > 0 ? judgement.because : (['value'] as const);
  return {
    verdict,
    change: [...new Set(because.map((name) => partOf(name, result)).filter(Boolean))].join('; '),
  };
}

/** Of a column without any value more rows would say no more. */
function neededWords({ evidence: { nReference, nCurrent }, judgement: { nNeeded } }: ColumnResult): string {
  if (nReference === 0) return nCurrent === 0 ? 'no values' : 'no values before';
  return nNeeded === undefined ? '' : `needs ${nNeeded} rows`;
}

function partOf(name: string, result: ColumnResult): string {
  const { evidence } = result;
  switch (name) {
    case 'missing':
      return `missing ${percent(evidence.missing.current)}, was ${percent(evidence.missing.reference)}`;
    case 'new':
      return evidence.newCategories.length > 0 ? `new: ${evidence.newCategories.slice(0, 3).join(', ')}` : '';
    case 'infinite':
      return result.infinite
        ? `infinite ${percent(result.infinite[1])}, was ${percent(result.infinite[0])}`
        : 'share of infinite values';
    case 'tail':
      return `tails${topOf(result)}`;
    default:
      return valueWords(result);
  }
}

function valueWords(result: ColumnResult): string {
  const [before, after] = result.medians;
  if (result.kind === 'numeric') {
    if (before === undefined || after === undefined) return '';
    // Where more than half is infinite there is no median to tell; the share of infinite values says it.
    if (!Number.isFinite(before) || !Number.isFinite(after)) return '';
    return before === after ? `shape${topOf(result)}` : `median ${digits(after)}, was ${digits(before)}`;
  }
  const top = result.contributors.find(({ name }) => name === result.of) ?? result.contributors[0];
  return top ? `${top.name} ${percent(top.shareCurrent)}, was ${percent(top.shareReference)}` : '';
}

function topOf({ contributors: [top] }: ColumnResult): string {
  return top ? `: ${top.name} in ${percent(top.shareCurrent)}, was ${percent(top.shareReference)}` : '';
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
