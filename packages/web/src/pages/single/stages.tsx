/** p50, p95 and p99 of each stage over the range, against then. */
import { totalOf, useKpis } from '../../api/index.ts';
import { Key, STAGE_COLOURS } from '../../charts/index.ts';
import { FEW, formatDuration, formatN, signed } from '../../format/index.ts';
import { Cell, Head } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';

const STAGES = ['ingest', 'preprocess', 'generate', 'upscale', 'postprocess', 'deliver'] as const;
const METRICS = ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms', 'queue_wait_p95_ms'] as const;

interface Row {
  readonly stage: string;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly before: number | null;
  readonly n: number;
}

export function Stages({ filters }: { filters: readonly string[] }) {
  const stages = useKpis({ metrics: METRICS, by: ['pipeline_stage'], filters, as: 'total' });
  const rows = STAGES.flatMap((stage): Row[] => {
    const key = { pipeline_stage: stage };
    const { value: p95, n } = totalOf(stages.now, 'latency_p95_ms', key);
    if (p95 === null) return [];
    return [
      {
        stage,
        p95,
        n,
        p50: totalOf(stages.now, 'latency_p50_ms', key).value,
        p99: totalOf(stages.now, 'latency_p99_ms', key).value,
        before: totalOf(stages.before, 'latency_p95_ms', key).value,
      },
    ];
  });
  const compared = rows.some((row) => row.before !== null);
  return (
    <Cell flush>
      <Head alone title="By stage" unit="this range" />
      {stages.loading && <Loading height={220} label="Stages" />}
      {!stages.loading && stages.error !== null && rows.length === 0 && (
        <Failed error={stages.error} onRetry={stages.retry} />
      )}
      {!stages.loading && !stages.error && rows.length === 0 && <Note title="No stages in this range" />}
      {rows.length > 0 && (
        <Table
          label="Stages over the range"
          rows={rows}
          keyOf={(row) => row.stage}
          columns={[
            {
              id: 'stage',
              title: 'Stage',
              cell: (row) => (
                <>
                  <Key colour={STAGE_COLOURS[row.stage] ?? 'series-rest'} /> {row.stage}
                </>
              ),
            },
            { id: 'p50', title: 'p50', right: true, cell: (row) => formatDuration(row.p50) },
            {
              id: 'p95',
              title: 'p95',
              right: true,
              cell: (row) =>
                row.n < FEW ? (
                  <span className="dimmer" title={formatN(row.n)}>
                    {formatDuration(row.p95)}
                  </span>
                ) : (
                  <b>{formatDuration(row.p95)}</b>
                ),
            },
            { id: 'p99', title: 'p99', right: true, cell: (row) => formatDuration(row.p99) },
            ...(compared
              ? [
                  {
                    id: 'vs',
                    title: 'p95 vs then',
                    right: true,
                    wide: true,
                    cell: (row: Row) => difference(row),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Cell>
  );
}

const difference = ({ p95, before }: Row): string =>
  p95 === null || before === null ? '–' : signed(p95 - before, formatDuration);
