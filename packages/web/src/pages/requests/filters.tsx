/** What the list can be narrowed by; a drawer where there is no room beside it. */
import { useState } from 'react';
import type { Facet } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { formatDuration } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { FacetList, FacetValue } from '../../parts/facet-list.tsx';
import { replaced, useContextState } from '../../url/index.ts';
import css from './requests.module.css';

/** Bounds that people ask for: past a blink, past patience, past giving up. */
const AT_LEAST_MS = [2_000, 5_000, 10_000, 30_000, 60_000];
const FIRST = 4;

export function Filters({ facets, weight }: { facets: readonly Facet[]; weight: number }) {
  const [{ filters }, change] = useContextState();
  const [open, setOpen] = useState(false);
  const set = (next: string[]): void => change({ filters: next });
  const bound = (ms: number): string => `latency_ms>=${ms}`;
  const list = { filters, weight, onChange: set };
  return (
    <>
      <div className={css.drawer}>
        <Button onClick={() => setOpen(!open)} aria-expanded={open} aria-controls="request-filters">
          Filters{filters.length > 0 && ` (${filters.length})`}
        </Button>
      </div>
      <aside id="request-filters" className={classes(css.facets, open && css.open)} aria-label="Filters">
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
      </aside>
    </>
  );
}
