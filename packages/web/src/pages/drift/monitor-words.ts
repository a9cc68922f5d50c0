/** A monitor in words: what it looks at, where it stands, what of its error budget is used up. */
import type { DriftMonitorRow, DriftMonitorState } from '../../api/index.ts';
import { significant } from '../../format/index.ts';
import { DIVISIONS, driftTitle } from './words.ts';

export const STATES: Readonly<
  Record<DriftMonitorState, readonly [status: 'crit' | 'warn' | 'ok' | 'none', words: string]>
> = {
  failing: ['crit', 'cannot be looked at'],
  drift: ['warn', 'sees drift'],
  waiting: ['none', 'not looked at yet'],
  insufficient_data: ['none', 'not enough data'],
  no_drift: ['ok', 'as before'],
  off: ['none', 'off'],
};

const BASELINES: Readonly<Record<string, string>> = {
  '28d': '28 days before',
  '7d': '7 days before',
  release: 'the previous release',
};
export const baselineOf = (baseline: string): string => BASELINES[baseline] ?? 'a pinned window';

const nameOf = (segment: string): string =>
  (DIVISIONS.find(([value]) => value === segment)?.[1] ?? segment.replaceAll('_', ' ')).toLowerCase();

/** `Latency by version against the previous release`. */
export function monitorSentence({ spec, written }: DriftMonitorRow): string {
  if (spec === null) return driftTitle(String(written.metric ?? ''));
  const by = spec.segments.length === 0 ? '' : ` by ${spec.segments.map(nameOf).join(' and ')}`;
  return `${driftTitle(spec.metric)}${by} against ${baselineOf(spec.baseline)}`;
}

/** `0.31 % of 5 %`. */
export const spentWords = ({ alpha, alpha_spent: spent }: { alpha: number; alpha_spent: number }): string =>
  `${spent === 0 ? '0' : spent < 0.0001 ? 'below 0.01' : significant(spent * 100, 2)} of ${Number((alpha * 100).toPrecision(2))} %`;

const COUNTS = [
  'No monitor sees drift',
  'One monitor sees drift',
  'Two monitors see drift',
  'Three monitors see drift',
];
/** What is so of all of them. */
export function monitorsTitle(rows: readonly DriftMonitorRow[]): string {
  const count = rows.filter(({ state }) => state === 'drift').length;
  const failing = rows.filter(({ state }) => state === 'failing').length;
  if (failing > 0 && count === 0)
    return failing === 1 ? 'One monitor cannot be looked at' : `${failing} monitors cannot be looked at`;
  if (rows.every(({ state }) => state === 'waiting' || state === 'off')) return 'Drift monitors';
  return COUNTS[count] ?? `${count} monitors see drift`;
}
