/** What opens under the controls of the context bar. */
import { type FormEvent, useState } from 'react';
import { useFacets, useKpis, useMe } from '../api/index.ts';
import { formatCount } from '../format/index.ts';
import {
  COMPARE_CHOICES,
  compareWords,
  filterParts,
  lastOf,
  type Range,
  readRange,
  useContextState,
  useNow,
} from '../url/index.ts';
import { Button, Segmented } from './button.tsx';
import { Chip } from './chip.tsx';
import type { PanelName } from './context-bar.tsx';
import css from './context-panels.module.css';
import { Panel } from './overlays.tsx';

interface PanelsProps {
  readonly name: PanelName;
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
}
const LABELS: Readonly<Record<PanelName, string>> = {
  range: 'Time range',
  compare: 'Compare with',
  segment: 'Segment',
};

export const Panels = ({ name, anchor, onClose }: PanelsProps) => (
  <Panel label={LABELS[name]} anchor={anchor} onClose={onClose}>
    {name === 'range' && <RangePanel onClose={onClose} />}
    {name === 'compare' && <ComparePanel onClose={onClose} />}
    {name === 'segment' && <SegmentPanel />}
  </Panel>
);

const CHOICES = ['15m', '1h', '6h', '24h', '2d', '7d', '28d', '90d'] as const;

function RangePanel({ onClose }: { onClose: () => void }) {
  const [{ range, zone }, change] = useContextState();
  const now_ms = useNow();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const take = (next: Range): void => {
    change({ range: next });
    onClose();
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const next = readRange(text, now_ms);
    if (next) take(next);
    else setWrong(true);
  };
  return (
    <div className={css.narrow}>
      <form onSubmit={onSubmit}>
        <label className={css.field}>
          <span className="small dim">Type a range and press Enter</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: the panel was opened to type into it
            autoFocus
            value={text}
            placeholder="2h, 4 d, 2026-10-01 12:00 to 2026-10-02 12:00"
            aria-invalid={wrong}
            aria-describedby="range-help"
            onChange={(event) => {
              setText(event.target.value);
              setWrong(false);
            }}
          />
        </label>
        <p id="range-help" className={wrong ? 'small crit' : 'small dimmer'}>
          {wrong
            ? 'Not a range. Write a length such as 2h or 4 d, or two times with “to” between.'
            : 'Times without a zone are UTC.'}
        </p>
      </form>
      <div className={css.choices}>
        {CHOICES.map((choice) => {
          const next = { from: `now-${choice}`, to: 'now' };
          return (
            <button
              key={choice}
              type="button"
              aria-pressed={range.from === next.from && range.to === 'now'}
              onClick={() => take(next)}
            >
              {lastOf(next)}
            </button>
          );
        })}
      </div>
      <Segmented
        label="Zone of times"
        value={zone}
        choices={[
          ['utc', 'UTC'],
          ['local', 'Local time'],
        ]}
        onChange={(next) => change({ zone: next })}
      />
    </div>
  );
}

/** More versions than this are searched for on the page of releases. */
const VERSIONS_MOST = 8;

function ComparePanel({ onClose }: { onClose: () => void }) {
  const [{ range, compare }, change] = useContextState();
  const totals = useKpis({ metrics: ['requests'], by: ['model_version'], as: 'total', compared: false });
  const versions = (totals.now?.series ?? [])
    .filter((one) => one.key.model_version && (one.values[0] ?? 0) > 0)
    .sort((a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0))
    .slice(0, VERSIONS_MOST)
    .map((one) => `release:${one.key.model_version}` as const);
  return (
    <div className={css.list}>
      {[...COMPARE_CHOICES, ...versions].map((choice) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === compare}
          onClick={() => {
            change({ compare: choice });
            onClose();
          }}
        >
          {choice.startsWith('release:') && <span className="dimmer">release </span>}
          {compareWords(choice, lastOf(range))}
        </button>
      ))}
    </div>
  );
}

const FIELDS = ['workload', 'model_version', 'region', 'hardware_class', 'traffic_source'] as const;

function SegmentPanel() {
  const [{ filters, tenant }, change] = useContextState();
  const me = useMe().data;
  const facets = useFacets('requests', { fields: FIELDS, limit: 8 });
  const tenants = useKpis({
    metrics: ['requests'],
    by: ['tenant'],
    as: 'total',
    compared: false,
    enabled: me?.tenant === null,
  });
  const toggle = (field: string, value: string): void => {
    const filter = `${field}=${value}`;
    const others = filters.filter((one) => filterParts(one)?.field !== field);
    change({ filters: filters.includes(filter) ? others : [...others, filter] });
  };
  const names = (tenants.now?.series ?? []).map((one) => one.key.tenant ?? '').filter((name) => name !== '');
  return (
    <div className={css.wide}>
      {(filters.length > 0 || tenant !== null) && (
        <div className={css.chosen}>
          {tenant !== null && (
            <Chip name="tenant" onRemove={() => change({ tenant: null })}>
              {tenant}
            </Chip>
          )}
          {filters.map((filter) => (
            <Chip key={filter} onRemove={() => change({ filters: filters.filter((one) => one !== filter) })}>
              {filter}
            </Chip>
          ))}
          <Button kind="quiet" onClick={() => change({ filters: [], tenant: null })}>
            Clear
          </Button>
        </div>
      )}
      {names.length > 1 && (
        <Choices
          title="tenant"
          values={names.map((value) => ({ value }))}
          isChosen={(value) => tenant === value}
          onToggle={(value) => change({ tenant: tenant === value ? null : value })}
        />
      )}
      {facets.data?.fields.map(({ field, values }) => (
        <Choices
          key={field}
          title={field}
          values={values}
          isChosen={(value) => filters.includes(`${field}=${value}`)}
          onToggle={(value) => toggle(field, value)}
        />
      ))}
    </div>
  );
}

interface ChoicesProps {
  readonly title: string;
  readonly values: readonly { readonly value: string; readonly n?: number }[];
  readonly isChosen: (value: string) => boolean;
  readonly onToggle: (value: string) => void;
}
const Choices = ({ title, values, isChosen, onToggle }: ChoicesProps) => (
  <div>
    <h3 className={css.title}>{title.replaceAll('_', ' ')}</h3>
    <div className={css.list}>
      {values.map(({ value, n }) => (
        <button key={value} type="button" aria-pressed={isChosen(value)} onClick={() => onToggle(value)}>
          <span className={css.value}>{value}</span>
          {n !== undefined && <span className="dimmer">{formatCount(n)}</span>}
        </button>
      ))}
    </div>
  </div>
);
