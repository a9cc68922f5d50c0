/** Examples as diamonds of a chart: the worst few, each leading to its request. */
import { useMemo } from 'react';
import { type Example, thumbnailAddress, useExamples } from '../api/index.ts';
import type { Exemplar } from '../charts/index.ts';
import { useGo } from '../url/index.ts';

/** More diamonds than this hide the line that they stand on. */
const MOST = 6;
const THUMB_PX = 160;

export interface ExemplarOptions {
  readonly of: 'requests' | 'sequences';
  readonly filters: readonly string[];
  readonly step_ms: number;
  /** Of the value, before it is drawn. */
  readonly factor?: number;
  readonly label: (example: Example) => string;
}

export function useExemplars({ of, filters, step_ms, factor = 1, label }: ExemplarOptions): {
  exemplars: readonly Exemplar[];
  worst: Example | null;
} {
  const { data } = useExamples(of, filters, step_ms);
  const { link } = useGo();
  return useMemo(() => {
    const sorted = [...(data ?? [])].sort((a, b) =>
      of === 'requests' ? b.value - a.value : a.value - b.value,
    );
    const exemplars = sorted.slice(0, MOST).map(
      (one): Exemplar => ({
        // Where the line has its bucket, so that it stands on the line and within the plot.
        at_ms: Date.parse(one.t),
        value: one.value * factor,
        label: label(one),
        href: link(`/requests/${encodeURIComponent(one.request_id)}`),
        ...(one.image_id === null ? {} : { picture: thumbnailAddress(one.image_id, one.tenant, THUMB_PX) }),
      }),
    );
    return { exemplars, worst: sorted[0] ?? null };
  }, [data, of, factor, label, link]);
}
