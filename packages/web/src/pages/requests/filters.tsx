/** What the list can be narrowed by. */
import type { Facet } from '../../api/index.ts';
import { formatDuration } from '../../format/index.ts';
import { FacetList, FacetValue } from '../../parts/facet-list.tsx';
import { replaced, useContextState } from '../../url/index.ts';
import css from './requests.module.css';

/** Bounds that people ask for: past a blink, past patience, past giving up. */
const AT_LEAST_MS = [2_000, 5_000, 10_000, 30_000, 60_000];
const FIRST = 4;

export function Filters({ facets, weight }: { facets: readonly Facet[]; weight: number }) {
  const [{ filters }, change] = useContextState();
  const set = (next: string[]): void => change({ filters: next });
  const bound = (ms: number): string => `latency_ms>=${ms}`;
  const list = { filters, weight, onChange: set };
  return (
    <>
      <FacetList {...list} facets={facets.slice(0, FIRST)} />
      <fieldset className={css.bounds}>
        <legend>Took at least</legend>
        <div>
          {AT_LEAST_MS.map((ms) => (
            <FacetValue
              key={ms}
              words={formatDuration(ms).replace(/\.0+/, '')}
              count={null}
              share={0}
              chosen={filters.includes(bound(ms))}
              onToggle={() =>
                set(
                  replaced(
                    filters,
                    'latency_ms',
                    ['>=', '>'],
                    filters.includes(bound(ms)) ? null : bound(ms),
                  ),
                )
              }
            />
          ))}
        </div>
      </fieldset>
      <FacetList {...list} facets={facets.slice(FIRST)} />
    </>
  );
}
