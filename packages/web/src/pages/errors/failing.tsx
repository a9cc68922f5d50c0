/** The newest failing requests, each with its reason and its trace. */
import { Link } from 'wouter';
import type { RequestRow } from '../../api/index.ts';
import { formatDuration, formatTime, iso } from '../../format/index.ts';
import { Outcome } from '../../parts/chip.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './errors.module.css';
import { codeWords } from './words.ts';

const HEIGHT_PX = 420;

/** A name without an end does not push the figures out. */
const Name = ({ text }: { text: string | undefined }) => (
  <span className={css.named} title={text}>
    {text}
  </span>
);

export function Failing({ rows, onEnd }: { rows: readonly RequestRow[]; onEnd: () => void }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link, go } = useGo();
  const address = (row: RequestRow): string => `/requests/${encodeURIComponent(row.request_id)}`;
  const columns: Column<RequestRow>[] = [
    {
      id: 'time',
      title: 'Ended',
      cell: (row) => (
        <time className="dim" dateTime={row.timestamp} title={iso(Date.parse(row.timestamp))}>
          {formatTime(Date.parse(row.timestamp), now_ms, zone)}
        </time>
      ),
    },
    { id: 'outcome', title: 'Outcome', wide: true, cell: (row) => <Outcome outcome={row.outcome} /> },
    {
      id: 'why',
      title: 'Why',
      cell: (row) => (
        <span className={css.why} title={row.error_message}>
          <b>{codeWords(row.error_code ?? 'none')}</b> <span className="dim">{row.error_message}</span>
        </span>
      ),
    },
    { id: 'model', title: 'Model', wide: true, cell: (row) => <Name text={row.model_version} /> },
    {
      id: 'host',
      title: 'Host',
      wide: true,
      roomy: true,
      cell: (row) => <Name text={row.attributes?.host} />,
    },
    { id: 'took', title: 'After', right: true, cell: (row) => formatDuration(row.latency_ms) },
    {
      // Each row opens it; on a phone there is no room to say so.
      id: 'trace',
      title: 'Trace',
      right: true,
      wide: true,
      cell: (row) => (
        <Link href={link(address(row), { tenant: row.tenant })} onClick={(event) => event.stopPropagation()}>
          {row.trace_id === undefined ? 'Request' : 'Trace'}
        </Link>
      ),
    },
  ];
  return (
    <Table
      label="Failed requests, newest first"
      columns={columns}
      rows={rows}
      keyOf={(row) => `${row.tenant}/${row.request_id}`}
      onOpen={(row) => go(address(row), { tenant: row.tenant })}
      height={HEIGHT_PX}
      onEnd={onEnd}
    />
  );
}
