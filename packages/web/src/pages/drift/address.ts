/** Where a finding is: its metric, its segment as filters, its baseline; the window is that of the context. */
import type { DriftSeries } from '../../api/index.ts';

/** A release is compared with the version before, whatever the list was asked against. */
export function findingPath(
  { metric, segment, against }: Pick<DriftSeries, 'metric' | 'segment' | 'against'>,
  baseline: string | null,
): [path: string, more: Record<string, string | readonly string[] | null>] {
  const filter = Object.entries(segment).map(([field, value]) => `${field}=${value}`);
  return [
    `/drift/${encodeURIComponent(metric)}`,
    { filter, tenant: null, baseline: against === null ? baseline : 'release' },
  ];
}
