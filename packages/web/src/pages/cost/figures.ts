/** Cost by the values of a dimension: rows of the table, and the words of the headline. */
import type { KpiName } from '@pegbar/contract/words';
import { type DeploymentRow, type KpiTable, seriesOf, totalOf } from '../../api/index.ts';
import { FEW, formatCount, formatKpi, formatMoney, formatPercent, significant } from '../../format/index.ts';

export const METRICS = [
  'cost_usd',
  'images',
  'cost_per_1k_images_usd',
  'cost_per_accepted_image_usd',
  'gpu_hours',
  'gpu_hours_per_1k_images',
] as const satisfies readonly KpiName[];

export interface CostRow {
  readonly name: string;
  readonly cost: number | null;
  readonly share: number | null;
  readonly images: number | null;
  readonly per_1k: number | null;
  readonly per_1k_before: number | null;
  readonly per_accepted: number | null;
  readonly gpu_hours: number | null;
  readonly gpu_hours_per_1k: number | null;
  /** Per 1K images, over time. */
  readonly values: readonly (number | null)[];
  readonly ghost: readonly (number | null)[] | undefined;
}

interface Tables {
  readonly now: KpiTable | undefined;
  readonly before: KpiTable | undefined;
}

/** Dearest first. A value that cost nothing and made nothing is left out. */
export function costRows(total: Tables, series: Tables, dimension: string): CostRow[] {
  const names = [...new Set((total.now?.series ?? []).map((one) => one.key[dimension] ?? ''))];
  const known = totalOf(total.now, 'cost_usd').value;
  const sum = names.reduce(
    (all, name) => all + (totalOf(total.now, 'cost_usd', { [dimension]: name }).value ?? 0),
    0,
  );
  return names
    .map((name): CostRow => {
      const key = { [dimension]: name };
      const of = (metric: KpiName) => totalOf(total.now, metric, key).value;
      const cost = of('cost_usd');
      return {
        name,
        cost,
        share: cost === null || sum === 0 || known === null ? null : cost / sum,
        images: of('images'),
        per_1k: of('cost_per_1k_images_usd'),
        per_1k_before: totalOf(total.before, 'cost_per_1k_images_usd', key).value,
        per_accepted: of('cost_per_accepted_image_usd'),
        gpu_hours: of('gpu_hours'),
        gpu_hours_per_1k: of('gpu_hours_per_1k_images'),
        values: seriesOf(series.now, 'cost_per_1k_images_usd', key)?.values ?? [],
        ghost: seriesOf(series.before, 'cost_per_1k_images_usd', key)?.values,
      };
    })
    .filter((row) => (row.cost ?? 0) > 0 || (row.images ?? 0) > 0)
    .sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0));
}

/** Less than this share is the same price. */
const SAME = 0.02;

/** `1,000 images cost $2.31, 6 % more than the day before`; undefined where nothing was paid or made. */
export function costHeadline(total: Tables, than: string): { title: string; sentence: string } | undefined {
  const { value: per_1k } = totalOf(total.now, 'cost_per_1k_images_usd');
  const { value: cost } = totalOf(total.now, 'cost_usd');
  if (per_1k === null || cost === null) return undefined;
  const { value: then } = totalOf(total.before, 'cost_per_1k_images_usd');
  const accepted = totalOf(total.now, 'cost_per_accepted_image_usd').value;
  const images = totalOf(total.now, 'images').value;
  const hours = totalOf(total.now, 'gpu_hours').value;
  return {
    title: `1,000 images cost ${formatMoney(per_1k)}${priceWords(per_1k, then, than)}`,
    sentence: [
      `${formatMoney(cost)} for ${formatCount(images)} images and ${formatKpi('gpu_hours', hours)} of GPU.`,
      accepted === null ? '' : `An accepted image costs ${formatMoney(accepted)}.`,
    ]
      .join(' ')
      .trim(),
  };
}

export function priceWords(now: number, then: number | null, than: string): string {
  if (then === null || then === 0) return '';
  const change = now / then - 1;
  if (Math.abs(change) < SAME) return `, as ${than}`;
  return `, ${significant(Math.abs(change) * 100, Math.abs(change) < 0.095 ? 1 : 2)} % ${change > 0 ? 'more' : 'less'} than ${than}`;
}

/** A release that is dearer by less than this is no headline. */
const NEWS = 0.1;
/** The newest release whose images cost more than those of the version before it, as a headline. */
export function releaseHeadline(
  rows: readonly CostRow[],
  deployments: readonly DeploymentRow[],
): { title: string } | undefined {
  for (const { version, previous } of deployments.toReversed()) {
    const now = rows.find((row) => row.name === version);
    const then = rows.find((row) => row.name === previous);
    if (!now?.per_1k || !then?.per_1k || (now.images ?? 0) < FEW || (then.images ?? 0) < FEW) continue;
    const change = now.per_1k / then.per_1k - 1;
    if (change < NEWS) continue;
    return {
      title: `Images of ${version} cost ${significant(change * 100, 2)} % more than those of ${previous}`,
    };
  }
  return undefined;
}

/** `−6 %`, `+38 %`, `as before`; null where there is nothing to compare. */
export function changeOf(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : now / then - 1;
}
export const shareWords = (share: number | null): string => formatPercent(share);
