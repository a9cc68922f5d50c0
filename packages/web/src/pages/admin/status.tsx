/** What was taken, what was lost and why, and how the parts are. */
import { useStatus } from '../../api/index.ts';
import { formatBytes, formatCount, formatDuration } from '../../format/index.ts';
import { FigureCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { reasonsOf } from './status-words.ts';

const LOSSES = [
  ['dropped', 'Dropped', 'taken and lost', 'Nothing that was taken has been lost.'],
  ['rejected', 'Rejected', 'records that were not understood', 'Every record was understood.'],
  ['refused', 'Refused', 'requests turned away at the door', 'Nobody was turned away.'],
] as const;

export function Part() {
  const { data: status, error, isPending, refetch } = useStatus();
  if (!status)
    return isPending ? (
      <Loading height={320} label="Status" />
    ) : (
      <Failed error={error} onRetry={() => void refetch()} />
    );
  const { engine, disk } = status;
  return (
    <>
      <Sheet label="Status">
        <KpiStrip>
          <FigureCell
            label="Acknowledged"
            figure={formatCount(status.acked)}
            words="rows, since the first start"
          />
          <FigureCell
            label="Waiting"
            figure={formatCount(status.backlog)}
            words={status.backlog === 0 ? 'all is loaded' : `for ${formatDuration(status.backlog_age_ms)}`}
          />
          <FigureCell
            label="Duplicates"
            figure={formatCount(status.duplicates)}
            words="sent again, counted once"
          />
          <FigureCell
            label="Dead letters"
            figure={formatCount(status.dead_letters)}
            words={status.dead_letters === 0 ? 'nothing was refused' : 'refused by the store'}
            {...(status.dead_letters > 0 ? { status: 'crit' as const } : {})}
          />
          <FigureCell
            label="Engine"
            figure={engine.state}
            words={
              engine.restarts === 0
                ? 'never restarted'
                : `restarted ${engine.restarts === 1 ? 'once' : `${engine.restarts} times`}`
            }
            {...(engine.state === 'up' ? {} : { status: 'crit' as const })}
          />
          <FigureCell
            label="Disk"
            figure={formatBytes(disk.used)}
            words={`${formatBytes(disk.free)} free${disk.limit === null ? '' : `, limit ${formatBytes(disk.limit)}`}`}
          />
        </KpiStrip>
      </Sheet>
      <Sheet label="What was lost">
        <Cells columns="repeat(3, minmax(0, 1fr))">
          {LOSSES.map(([field, title, unit, none]) => (
            <Cell key={field} flush>
              <Head alone title={title} unit={unit} />
              <Reasons label={title} by={status[field]} none={none} />
            </Cell>
          ))}
        </Cells>
      </Sheet>
    </>
  );
}

function Reasons({ label, by, none }: { label: string; by: Readonly<Record<string, number>>; none: string }) {
  const rows = reasonsOf(by);
  if (rows.length === 0)
    return (
      <Cell>
        <p className="small dimmer">{none}</p>
      </Cell>
    );
  return (
    <Table
      label={label}
      rows={rows}
      keyOf={([reason]) => reason}
      columns={[
        { id: 'reason', title: 'Reason', cell: ([reason]) => reason.replaceAll('_', ' ') },
        { id: 'n', title: 'Count', right: true, cell: ([, n]) => <b>{formatCount(n)}</b> },
      ]}
    />
  );
}
