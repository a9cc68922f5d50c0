/** Filters beside the pictures: values of every column with their counts, scores as histograms. */
import { type ReactNode, useState } from 'react';
import { type Facet, type Gallery, type ScoreBins, useFacets } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { Button } from '../../parts/button.tsx';
import { FacetList } from '../../parts/facet-list.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { useContextState } from '../../url/index.ts';
import css from './gallery.module.css';
import { ScoreHistogram } from './score-histogram.tsx';

const FIRST = ['model_version', 'loras', 'tenant'] as const;
const THEN = ['nsfw_flag', 'collection', 'workload', 'kind', 'checkpoint_hash'] as const;
const MORE = [
  'sampler',
  'scheduler',
  'steps',
  'cfg',
  'region',
  'hardware_class',
  'traffic_source',
  'model_family',
  'width',
  'height',
  'license',
  'consent',
  'denoise',
] as const;
const VALUES = 12;
const FIELDS = [...FIRST, ...THEN];

interface GalleryFacetsProps {
  readonly gallery: Gallery | undefined;
  /** Beside the button that opens them, where they do not stand beside the pictures. */
  readonly children: ReactNode;
}

export function GalleryFacets({ gallery, children }: GalleryFacetsProps) {
  const [{ filters }, change] = useContextState();
  const [more, setMore] = useState(false);
  const [shown, setShown] = useState(false);
  const facets = useFacets('images', { fields: FIELDS, limit: VALUES });
  const others = useFacets('images', { fields: MORE, limit: VALUES, enabled: more });
  const weight = facets.data ? facets.data.sample.of / Math.max(1, facets.data.sample.rows) : 1;
  const list = (data: readonly Facet[] | undefined, names: readonly string[]) => (
    <FacetList
      facets={names
        .map((name) => data?.find((one) => one.field === name))
        .filter(
          (one): one is Facet =>
            one !== undefined && (one.distinct > 1 || filters.some((f) => f.startsWith(one.field))),
        )}
      filters={filters}
      onChange={(next) => change({ filters: next })}
      weight={weight}
    />
  );
  const score = (name: string): ScoreBins | undefined => gallery?.scores.find((one) => one.name === name);
  const feedback: Facet = {
    field: 'feedback',
    absent: 0,
    distinct: gallery?.feedback.length ?? 0,
    values: gallery?.feedback ?? [],
  };
  return (
    <>
      <div className={css.filters}>
        <Button onClick={() => setShown(!shown)} aria-expanded={shown}>
          {shown ? 'Hide filters' : 'Filters'}
        </Button>
        {children}
      </div>
      <aside className={classes(css.facets, shown && css.open)} aria-label="Filters">
        {facets.isPending && <Loading height={400} label="Filters" />}
        {facets.error && !facets.data && (
          <Failed error={facets.error} onRetry={() => void facets.refetch()} />
        )}
        {list(facets.data?.fields, FIRST)}
        <ScoreHistogram title="Style distance" field="style_distance" bins={score('style_distance')} />
        <ScoreHistogram title="Aesthetic" field="aesthetic" bins={score('aesthetic')} />
        <ScoreHistogram title="CLIP-I" field="clip_i" bins={score('clip_i')} />
        {feedback.values.length > 0 && (
          <FacetList
            facets={[{ ...feedback, values: feedback.values.filter((one) => one.value !== 'flag') }]}
            filters={filters}
            onChange={(next) => change({ filters: next })}
          />
        )}
        {list(facets.data?.fields, THEN)}
        {more && list(others.data?.fields, MORE)}
        {(facets.data?.sample.rows ?? 0) > 0 && (
          <div className={css.columns}>
            <Button kind="quiet" onClick={() => setMore(!more)} aria-expanded={more}>
              {more ? 'Fewer columns' : 'All columns'}
            </Button>
          </div>
        )}
      </aside>
    </>
  );
}
