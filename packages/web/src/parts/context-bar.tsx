/** Range, compare, segment, live: the same four on every page, all of them in the address. */
import { type ReactNode, useContext, useState } from 'react';
import { classes } from '../base/classes.ts';
import { formatSpan, formatTime } from '../format/index.ts';
import {
  compareWords,
  filterParts,
  lastOf,
  PageDefaults,
  useContextState,
  useNow,
  useWindow,
} from '../url/index.ts';
import { Control } from './button.tsx';
import css from './context-bar.module.css';
import { Icon } from './icon.tsx';
import { coming, OnDemand } from './on-demand.tsx';

const panels = coming(() => import('./context-panels.tsx').then((module) => module.Panels));
export type PanelName = 'range' | 'compare' | 'segment';

/** `compare`: in place of the control of that name. */
export function ContextBar({ compare: own }: { compare?: ReactNode }) {
  const [context, change] = useContextState();
  const defaults = useContext(PageDefaults);
  const { from_ms, to_ms } = useWindow();
  const now_ms = useNow();
  const [open, setOpen] = useState<{ name: PanelName; anchor: HTMLElement } | null>(null);
  const { range, compare, filters, live, zone, tenant } = context;
  const last = lastOf(range);
  const toggle =
    (name: PanelName) =>
    (event: { currentTarget: HTMLElement }): void =>
      setOpen(open?.name === name ? null : { name, anchor: event.currentTarget });
  const panel = (name: PanelName) => ({
    'data-control': name,
    'aria-haspopup': 'dialog' as const,
    'aria-expanded': open?.name === name,
    onClick: toggle(name),
  });
  const span = formatSpan(from_ms, to_ms, now_ms, zone);
  return (
    <>
      <Control
        {...panel('range')}
        changed={range.from !== defaults.range.from || range.to !== defaults.range.to}
        title={`${new Date(from_ms).toISOString()} to ${formatTime(to_ms, now_ms, zone)}`}
      >
        <Icon name="clock" />
        <b>{last ?? span}</b>
        {last !== null && <span className={classes('dimmer', 'hide-s')}>{span}</span>}
      </Control>
      {own ?? (
        <Control {...panel('compare')} name="Compare" changed={compare !== defaults.compare}>
          {compareWords(compare, last)}
        </Control>
      )}
      <Control {...panel('segment')} name="Segment" changed={filters.length > 0 || tenant !== null}>
        {segmentWords(filters, tenant)}
      </Control>
      <Control onClick={() => change({ live: !live })} aria-pressed={live} title="Live (L)">
        <span className={classes(css.dot, live && css.on)} aria-hidden="true" />
        Live
      </Control>
      {open && <OnDemand key={open.name} of={panels} props={{ ...open, onClose: () => setOpen(null) }} />}
    </>
  );
}

function segmentWords(filters: readonly string[], tenant: string | null): string {
  const first = filters[0];
  const count = filters.length + (tenant === null ? 0 : 1);
  if (count === 0) return 'all';
  if (count > 1) return `${count} conditions`;
  return tenant ?? filterParts(first ?? '')?.value ?? first ?? 'all';
}
