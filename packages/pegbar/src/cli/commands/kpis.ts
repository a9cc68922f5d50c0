import { isKpiName, KPI_NAMES, KPIS } from '@pegbar/contract';
import { fail, ok } from '../../base/result.ts';
import { parseDuration } from '../../config/index.ts';
import { command, EXIT, type One, texts, words } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { nearest } from '../parse.ts';
import type { RowsColumn } from '../terminal/output.ts';
import { instant, withUnit } from '../terminal/units.ts';
import { rangeOf, rangeOptions } from '../time-range.ts';

interface KpiAnswer {
  step_s: number | null;
  source: string;
  series: { key: Record<string, string>; points: { t: string; value: number | null; n: number }[] }[];
}

const DEFAULT_METRICS = [
  'requests',
  'succeeded',
  'failed',
  'timed_out',
  'availability',
  'latency_p50_ms',
  'latency_p95_ms',
];
const UNITS: ReadonlyMap<string, string> = new Map(KPIS.map((kpi) => [kpi.name, kpi.unit]));
const DEFAULT_LAST_MS = 86_400_000;
const STEP_MOST_S = 366 * 86_400;

const step: One<number> = {
  kind: 'one',
  value: 'TIME',
  help: 'one figure per step: seconds, or 5m, 1h, 1d',
  read: (raw) => {
    const read = parseDuration(/^\d+$/.test(raw) ? `${raw}s` : raw);
    if (!read.ok) return read;
    const seconds = read.value / 1_000;
    const isUsable = Number.isInteger(seconds) && seconds >= 1 && seconds <= STEP_MOST_S;
    return isUsable ? ok(seconds) : fail('say whole seconds, at most a year');
  },
};

export const kpis = command({
  name: 'kpis',
  summary: 'Figures by segment: counts, latencies, costs, …',
  details:
    'Without --step there is one figure for the whole range, with it one per step. `Source` says whether ' +
    'the figures come from rollups, from raw rows, or are an estimate from a sample.',
  options: {
    by: words('DIM[,DIM]', 'segment: tenant, region, model_version, workload, hardware_class, …'),
    metrics: words('NAME[,NAME]', `figures (${DEFAULT_METRICS.slice(0, 3).join(', ')}, …)`),
    ...rangeOptions('24h'),
    step,
    filter: texts('FILTER', "keep what matches: 'model_version=v7', 'steps>30' (repeatable)"),
  },
  examples: [
    { line: 'pegbar kpis --by model_version --last 7d', says: 'is v7 worse than v6?' },
    {
      line: 'pegbar kpis --metrics latency_p99_ms --filter pipeline_stage=generate --step 1h',
      says: 'tail of generate, hour by hour',
    },
    {
      line: 'pegbar kpis --by workload,model_version --metrics cost_per_1k_images_usd --format csv',
      says: 'for a spreadsheet',
    },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const range = rangeOf(values, io.clock, DEFAULT_LAST_MS);
    if (!range.ok) return wrongUsage(context, range.error);
    const metrics = values.metrics ?? DEFAULT_METRICS;
    const wrong = metrics.find((name) => !isKpiName(name));
    if (wrong !== undefined) {
      const near = nearest(wrong, KPI_NAMES);
      const hint = near ? `did you mean ${near}?` : `there are ${KPI_NAMES.join(', ')}`;
      return wrongUsage(context, `${wrong} is no KPI; ${hint}`);
    }
    const answer = await client.json<KpiAnswer>('GET', '/api/v1/kpis', {
      query: {
        metrics: metrics.join(','),
        by: values.by?.join(','),
        ...range.value,
        step: values.step,
        filter: values.filter,
      },
    });
    if (!answer.ok) return failed(out, answer.error);
    const { source, series } = answer.value;
    const rows = pivot(series, values.step !== undefined);
    await out.rows(columnsOf(metrics, values.by ?? [], values.step !== undefined), rows, answer.value);
    out.say(`${range.value.from} to ${range.value.to}, source: ${source}`);
    if (source === 'estimate')
      out.say('estimated from a sample: narrow the range or the filter for exact figures');
    return EXIT.ok;
  },
});

/** One row per segment (and time), one column per metric. */
function pivot(series: KpiAnswer['series'], timed: boolean): Record<string, unknown>[] {
  const rows = new Map<string, Record<string, unknown>>();
  for (const one of series) {
    const { metric = '', ...segment } = one.key;
    for (const point of one.points) {
      const place = timed ? { t: point.t, ...segment } : segment;
      const id = JSON.stringify(place);
      const row = rows.get(id) ?? { ...place };
      row[metric] = point.value;
      rows.set(id, row);
    }
  }
  const sorted = [...rows.values()];
  return timed ? sorted.sort((a, b) => String(a.t).localeCompare(String(b.t))) : sorted;
}

function columnsOf(metrics: readonly string[], by: readonly string[], timed: boolean): RowsColumn[] {
  const time: RowsColumn[] = timed
    ? [{ name: 't', whole: true, title: 'time (UTC)', show: (t) => instant(t as string) }]
    : [];
  const segments = by.map((name): RowsColumn => ({ name, title: name }));
  const figures = metrics.map(
    (name): RowsColumn => ({
      name,
      title: name,
      align: 'right',
      show: (value) => withUnit(UNITS.get(name) ?? '1', value as number | null | undefined),
    }),
  );
  return [...time, ...segments, ...figures];
}
