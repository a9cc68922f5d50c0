/** KPIs in figures, units and words, by what the contract says about them. */
import { type KpiName, kpiOf } from '@pegbar/contract/words';
import {
  formatCount,
  formatDuration,
  formatMoney,
  formatPercent,
  percentFigure,
  significant,
  UNKNOWN,
} from './numbers.ts';

type Value = number | null | undefined;
const known = (value: Value): value is number => typeof value === 'number' && Number.isFinite(value);

/** `4.82 s`, `99.41 %`, `$4.12`, `25.6`: the value with its unit, short. */
export function formatKpi(name: KpiName, value: Value): string {
  if (!known(value)) return UNKNOWN;
  const { unit } = kpiOf(name);
  if (unit === 'ms') return formatDuration(value);
  if (unit === '0..1') return formatPercent(value);
  if (unit === 'usd') return formatMoney(value);
  if (unit === 'h') return `${formatCount(value)} h`;
  return unit === '1' ? formatCount(value) : formatFree(value);
}

const formatFree = (value: number): string =>
  Math.abs(value) >= 1000 ? formatCount(value) : significant(value);

/** The figure apart from its small unit: `{ figure: '99.41', unit: '%' }`. */
export function kpiFigure(name: KpiName, value: Value): { figure: string; unit: string } {
  const text = formatKpi(name, value);
  const { unit } = kpiOf(name);
  if (unit === 'fps') return { figure: text, unit: 'FPS' };
  if (unit === '1/s' || unit === '1/min') return { figure: text, unit: unit.replace('1', '') };
  const parts = /^(.*\S) (ms|s|%|h|d|min)$/.exec(text);
  return parts ? { figure: parts[1]!, unit: parts[2]! } : { figure: text, unit: '' };
}

/** What axis labels and pins of a chart of this KPI say: the unit stands in the title. */
export interface ChartUnit {
  readonly unit: string;
  /** What the values are multiplied by before they are drawn. */
  readonly scale: number;
  readonly format: (value: number) => string;
}

const plain = (value: number): string =>
  Math.abs(value) >= 1000 ? formatCount(value) : significant(value, Math.abs(value) < 10 ? 2 : 3);

export function chartUnit(name: KpiName): ChartUnit {
  const { unit } = kpiOf(name);
  if (unit === 'ms') return { unit: 's', scale: 1 / 1000, format: plain };
  if (unit === '0..1') return { unit: '%', scale: 100, format: (value) => percentFigure(value / 100) };
  if (unit === 'usd')
    return { unit: 'USD', scale: 1, format: (value) => formatMoney(value).replace('$', '') };
  if (unit === 'fps')
    return { unit: 'FPS', scale: 1, format: (value) => (value < 1000 ? value.toFixed(1) : plain(value)) };
  return { unit: unit.includes('..') ? '' : unit.replace('1', ''), scale: 1, format: plain };
}

/** Below this share of the baseline a difference is not worth a word. */
const SAME_SHARE = 0.005;
/** In points of a percentage. */
const SAME_POINTS = 0.01;

const SLOWER: Readonly<Record<string, readonly [more: string, less: string]>> = {
  ms: ['slower', 'faster'],
  usd: ['dearer', 'cheaper'],
};

/**
 * `0.4 s slower`, `0.02 points less`, `6 % cheaper`, `as yesterday`: what differs, for the line under a figure.
 * `than` names the baseline: `yesterday`, `the 6 h before`, `v6`.
 */
export function differenceWords(name: KpiName, now: Value, then: Value, than: string): string {
  if (!known(now)) return 'no data';
  const where = than === 'yesterday' || than === 'before' ? than : `in ${than}`;
  if (!known(then)) return `nothing ${where} to compare`;
  const difference = now - then;
  const { unit } = kpiOf(name);
  if (unit === '0..1') {
    const points = Math.abs(difference) * 100;
    if (points < SAME_POINTS) return `as ${than}`;
    return `${points < 0.1 ? points.toFixed(2) : significant(points, 2)} points ${difference > 0 ? 'more' : 'less'}`;
  }
  if (then !== 0 && Math.abs(difference / then) < SAME_SHARE) return `as ${than}`;
  if (difference === 0) return `as ${than}`;
  const [more, less] =
    (name === 'cost_usd' ? undefined : SLOWER[unit]) ??
    (unit === 'fps' || unit.includes('..') ? ['higher', 'lower'] : ['more', 'less']);
  const word = difference > 0 ? more : less;
  if (unit === 'ms') return `${formatDuration(Math.abs(difference))} ${word}`;
  if (unit === 'fps' || unit.includes('..')) return `${significant(Math.abs(difference), 2)} ${word}`;
  if (then === 0) return `none ${where}`;
  const share = Math.abs(difference / then);
  if (share >= 2) return `${significant(now / then, 2)} times ${than}`;
  const tail = unit === 'usd' && name !== 'cost_usd' ? '' : ` than ${than}`;
  return `${significant(share * 100, share < 0.095 ? 1 : 2)} % ${word}${tail}`;
}
