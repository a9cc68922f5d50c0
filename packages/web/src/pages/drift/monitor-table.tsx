/** Monitors as rows, what wants to be seen first: where each stands, what it sees, and what of its budget is used up. */
import type { DriftMonitorRow } from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { Tag } from '../../parts/chip.tsx';
import { Table } from '../../parts/table.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import { monitorSentence, STATES, spentWords } from './monitor-words.ts';
import css from './monitors.module.css';
import { placeTitle, quoted } from './words.ts';

interface MonitorTableProps {
  readonly rows: readonly DriftMonitorRow[];
  readonly open: string | null;
  readonly onOpen: (one: DriftMonitorRow) => void;
}
export function MonitorTable({ rows, open, onOpen }: MonitorTableProps) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const time = (text: string | null): string =>
    text === null ? '–' : formatTime(Date.parse(text), now_ms, zone);
  const keyOf = ({ name, tenant }: DriftMonitorRow): string => `${tenant}/${name}`;
  return (
    <Table
      label="Every monitor"
      rows={rows}
      keyOf={keyOf}
      selected={open}
      onOpen={onOpen}
      columns={[
        {
          id: 'name',
          title: 'Monitor',
          cell: (one) => (
            <span className={css.name}>
              <b>{one.name}</b>
              <span className="dimmer small">{monitorSentence(one)}</span>
            </span>
          ),
        },
        {
          id: 'state',
          title: 'State',
          cell: (one) => (
            <span className={css.state}>
              <Tag status={STATES[one.state][0]}>{STATES[one.state][1]}</Tag>
              {one.muted_until !== null && <Tag status="none">muted</Tag>}
            </span>
          ),
        },
        { id: 'sees', title: 'What it sees', wide: true, cell: (one) => <Sees monitor={one} /> },
        {
          id: 'whose',
          title: 'Declared',
          wide: true,
          roomy: true,
          cell: (one) =>
            one.origin === 'built_in' ? <span className="dimmer">built in</span> : one.tenant || 'for all',
        },
        { id: 'last', title: 'Up to', right: true, wide: true, cell: (one) => time(one.last_look) },
        {
          id: 'next',
          title: 'Next look',
          right: true,
          wide: true,
          roomy: true,
          cell: (one) => time(one.next_look),
        },
        {
          id: 'budget',
          title: 'Error budget used',
          right: true,
          wide: true,
          roomy: true,
          cell: ({ budget }) =>
            budget === null ? '–' : <span title={budgetTitle(budget)}>{spentWords(budget)}</span>,
        },
      ]}
    />
  );
}

const budgetTitle = ({ tests, discoveries }: NonNullable<DriftMonitorRow['budget']>): string =>
  `${tests} ${tests === 1 ? 'test' : 'tests'}, ${discoveries} found`;

function Sees({ monitor: { findings, error, series, drifting, state } }: { monitor: DriftMonitorRow }) {
  if (error !== null) return <span className={css.sees}>{error}</span>;
  const [first] = findings;
  if (first)
    return (
      <span className={css.sees}>
        {`${placeTitle(first.segment)}: ${quoted(first.words)}`}
        {findings.length > 1 && <span className="dimmer">{` and ${findings.length - 1} more`}</span>}
      </span>
    );
  if (state === 'off' || state === 'waiting' || series === null) return <span className="dimmer">–</span>;
  const seen = drifting > 0 ? `; ${drifting} seen once, not yet told` : '';
  return <span className="dimmer">{`${series} series${seen}`}</span>;
}
