/** The columns of the list: when, what, how it ended, how long it took. */
import { useMemo } from 'react';
import { Link } from 'wouter';
import type { RequestRow } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { formatDuration, formatTime, iso, partsOf, type Zone } from '../../format/index.ts';
import { Outcome } from '../../parts/chip.tsx';
import type { Column } from '../../parts/table.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './requests.module.css';

const WORKLOAD_WORDS: Readonly<Record<string, string>> = {
  single_image: 'single image',
  batch_panels: 'batch panels',
};
export const workloadWords = (workload: string | undefined): string =>
  workload === undefined ? '' : (WORKLOAD_WORDS[workload] ?? workload);

/** `14:09:31`, or with its day: rows of one minute are told apart. */
export function rowTime(timestamp: string, now_ms: number, zone: Zone): string {
  const ms = Date.parse(timestamp);
  const text = formatTime(ms, now_ms, zone);
  return /:\d\d$/.test(text) ? `${text}:${String(partsOf(ms, zone).second).padStart(2, '0')}` : text;
}

/** What senders name: cut, so that it does not push the figures out. */
const Name = ({ of }: { of: string | undefined }) => (
  <span className={css.name} title={of}>
    {of}
  </span>
);

export function useColumns(everyTenant: boolean, rows: readonly RequestRow[]): readonly Column<RequestRow>[] {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  return useMemo(() => {
    // By the root: the usual ones are told apart beside one that took minutes.
    const longest = Math.max(1, ...rows.map((row) => row.latency_ms ?? 0));
    const all: (Column<RequestRow> | false)[] = [
      {
        id: 'time',
        title: 'Ended',
        cell: (row) => (
          <>
            <time dateTime={row.timestamp} title={iso(Date.parse(row.timestamp))} className="dim">
              {rowTime(row.timestamp, now_ms, zone)}
            </time>
            <span className="only-s dimmer"> {workloadWords(row.workload)}</span>
          </>
        ),
      },
      {
        id: 'request',
        title: 'Request',
        wide: true,
        cell: (row) => (
          <Link
            className={css.id}
            href={link(`/requests/${encodeURIComponent(row.request_id)}`, { tenant: row.tenant })}
            onClick={(event) => event.stopPropagation()}
            title={row.request_id}
          >
            {row.request_id}
          </Link>
        ),
      },
      {
        id: 'outcome',
        title: 'Outcome',
        cell: (row) => (
          <span className={css.outcome}>
            <Outcome outcome={row.outcome} />
            {row.error_code !== undefined && row.outcome !== 'cancelled' && (
              <span className="dimmer hide-s" title={row.error_message}>
                {row.error_code.replaceAll('_', ' ')}
              </span>
            )}
          </span>
        ),
      },
      { id: 'workload', title: 'Workload', wide: true, cell: (row) => workloadWords(row.workload) },
      { id: 'model', title: 'Model', roomy: true, cell: (row) => <Name of={row.model_version} /> },
      everyTenant && { id: 'tenant', title: 'Tenant', roomy: true, cell: (row) => row.tenant },
      { id: 'region', title: 'Region', roomy: true, cell: (row) => <Name of={row.region} /> },
      {
        id: 'wait',
        title: 'Queue wait',
        right: true,
        roomy: true,
        cell: (row) => <span className="dimmer">{formatDuration(row.queue_wait_ms)}</span>,
      },
      {
        id: 'latency',
        title: 'Took',
        right: true,
        cell: (row) => (
          <span className={css.took}>
            <span className={classes(css.bar, 'hide-s')} aria-hidden="true">
              <i style={{ width: `${(Math.sqrt((row.latency_ms ?? 0) / longest) * 100).toFixed(1)}%` }} />
            </span>
            <b>{formatDuration(row.latency_ms)}</b>
          </span>
        ),
      },
    ];
    return all.filter((column) => column !== false);
  }, [everyTenant, rows, zone, now_ms, link]);
}
