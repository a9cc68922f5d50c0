/** Filters beside a list: the commonest values of fields with their counts; a click takes one in or out. */
import { useState } from 'react';
import type { Facet } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { formatCount } from '../format/index.ts';
import { chosenOf, type Filter, fieldWords, toggled, valueWords } from '../url/index.ts';
import css from './facet-list.module.css';

/** More are shown when asked for. */
const SHOWN = 6;

interface FacetListProps {
  readonly facets: readonly Facet[];
  readonly filters: readonly Filter[];
  readonly onChange: (filters: Filter[]) => void;
  /** Rows that one counted row stands for. */
  readonly weight?: number;
}

export const FacetList = ({ facets, filters, onChange, weight = 1 }: FacetListProps) => (
  <>
    {facets
      .filter((facet) => facet.values.length > 0)
      .map((facet) => (
        <FacetGroup
          key={facet.field}
          facet={facet}
          weight={weight}
          chosen={chosenOf(filters, facet.field)}
          onToggle={(value) => onChange(toggled(filters, facet.field, value))}
        />
      ))}
  </>
);

interface Choice {
  readonly value: string;
  readonly n: number | null;
}

function FacetGroup(props: {
  facet: Facet;
  weight: number;
  chosen: readonly string[];
  onToggle: (value: string) => void;
}) {
  const { facet, chosen, weight, onToggle } = props;
  const [all, showAll] = useState(false);
  const told: Choice[] = facet.values.map(({ value, n }) => ({ value, n }));
  // None has its place by its number, as every value.
  if (facet.absent > 0) {
    const after = told.findIndex(({ n }) => (n ?? 0) < facet.absent);
    told.splice(after < 0 ? told.length : after, 0, { value: '', n: facet.absent });
  }
  // What is chosen stays to be taken out, also where nothing has it.
  for (const value of chosen) if (!told.some((one) => one.value === value)) told.unshift({ value, n: null });
  const most = Math.max(1, ...told.map((one) => one.n ?? 0));
  const shown = all ? told : told.filter((one, at) => at < SHOWN || chosen.includes(one.value));
  return (
    <fieldset className={css.group}>
      <legend>{fieldWords(facet.field)}</legend>
      {shown.map(({ value, n }) => (
        <FacetValue
          key={value}
          words={valueWords(facet.field, value)}
          count={n === null ? null : n * weight}
          share={(n ?? 0) / most}
          chosen={chosen.includes(value)}
          onToggle={() => onToggle(value)}
        />
      ))}
      {!all && shown.length < told.length && (
        <button type="button" className={css.more} onClick={() => showAll(true)}>
          {told.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}

interface FacetValueProps {
  readonly words: string;
  readonly count: number | null;
  /** Of the commonest value, 0 to 1. */
  readonly share: number;
  readonly chosen: boolean;
  readonly onToggle: () => void;
}
export const FacetValue = ({ words, count, share, chosen, onToggle }: FacetValueProps) => (
  <button
    type="button"
    className={classes(css.value, chosen && css.chosen)}
    aria-pressed={chosen}
    onClick={onToggle}
    title={words}
  >
    <span>{words}</span>
    {count !== null && <span className={css.count}>{formatCount(Math.round(count))}</span>}
    <i style={{ width: `calc((100% - 12px) * ${share.toFixed(3)})` }} aria-hidden="true" />
  </button>
);
