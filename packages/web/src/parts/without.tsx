/** The filters leave nothing: how much there is without each of them, the most first. */
import { useQueries } from '@tanstack/react-query';
import { type Facets, get } from '../api/index.ts';
import { formatCount } from '../format/index.ts';
import { useContextState, useWindow } from '../url/index.ts';
import { Button } from './button.tsx';
import { filterWords } from './filter-chips.tsx';
import { FilteredOut } from './states.tsx';

/** A field that every row of them has: the cheapest question that counts. */
const COUNTED_BY = { requests: 'outcome', images: 'workload', logs: 'severity' } as const;
export type Counted = keyof typeof COUNTED_BY;
/** More conditions are taken away together. */
const ASKED_MOST = 6;
const FRESH_MS = 30_000;

export function Without({ of, what }: { of: Counted; what: string }) {
  const [{ filters, tenant }, change] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const less = (filter: string): string[] => filters.filter((one) => one !== filter);
  const asked = filters.length > 1 ? filters.slice(0, ASKED_MOST) : [];
  const answers = useQueries({
    queries: asked.map((filter) => {
      const params = {
        of,
        fields: COUNTED_BY[of],
        limit: 1,
        from: from_ms,
        to: to_ms,
        tenant,
        filter: less(filter),
      };
      return {
        queryKey: ['without', params],
        queryFn: ({ signal }: { signal: AbortSignal }) => get<Facets>('facets', params, signal),
        staleTime: FRESH_MS,
      };
    }),
  });
  const found = asked
    .map((filter, at) => ({ filter, n: answers[at]?.data?.sample.of ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  return (
    <FilteredOut
      what={what}
      count={filters.length}
      onClear={() => change({ filters: [] })}
      less={found.map(({ filter, n }, at) => {
        const { name, value } = filterWords(filter);
        return (
          <Button
            key={filter}
            kind={at === 0 ? 'solid' : 'plain'}
            onClick={() => change({ filters: less(filter) })}
          >
            Without {name} {value.slice(0, 40)}: {formatCount(n)}
          </Button>
        );
      })}
    />
  );
}
