import { command, EXIT, integer, texts } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { pages } from '../pages.ts';
import type { Output, RowsColumn } from '../terminal/output.ts';
import { plain } from '../terminal/table.ts';
import { duration, instant } from '../terminal/units.ts';
import { rangeOf, rangeOptions } from '../time-range.ts';

const DEFAULT_LAST_MS = 86_400_000;
const DEFAULT_LIMIT = 50;
const LIMIT_MOST = 100_000;

const COLUMNS: readonly RowsColumn[] = [
  { name: 'timestamp', whole: true, title: 'time (UTC)', show: (time) => instant(time as string) },
  { name: 'request_id', whole: true, title: 'request' },
  { name: 'outcome', title: 'outcome' },
  {
    name: 'latency_ms',
    title: 'latency',
    align: 'right',
    show: (ms) => (typeof ms === 'number' ? duration(ms) : '–'),
  },
  { name: 'workload', title: 'workload' },
  { name: 'model_version', title: 'model' },
  { name: 'error_code', title: 'error' },
  { name: 'tenant', title: 'tenant' },
];

export const requests = command({
  name: 'requests',
  summary: 'Requests, newest first, or one in full.',
  positionals: [{ name: 'ID', help: 'request to show with its stages and images' }],
  options: {
    ...rangeOptions('24h'),
    filter: texts('FILTER', "keep what matches: 'outcome=failed', 'latency_ms>=5000' (repeatable)"),
    limit: integer('N', `at most this many (${DEFAULT_LIMIT})`, 1, LIMIT_MOST),
  },
  examples: [
    {
      line: 'pegbar requests --last 1h --filter outcome!=succeeded',
      says: 'what went wrong in the last hour',
    },
    { line: "pegbar requests --filter 'error_code in oom,cuda' --format ndjson", says: 'for jq' },
    { line: 'pegbar requests req_81f3', says: 'one request' },
  ],
  async run(context) {
    const { values, positionals, client, out, io } = context;
    const [id] = positionals;
    if (id !== undefined) {
      const one = await client.json<RequestAnswer>('GET', `/api/v1/requests/${encodeURIComponent(id)}`);
      if (!one.ok) return failed(out, one.error);
      return showRequest(out, one.value);
    }
    const range = rangeOf(values, io.clock, DEFAULT_LAST_MS);
    if (!range.ok) return wrongUsage(context, range.error);
    const found = await pages(
      client,
      '/api/v1/requests',
      { ...range.value, filter: values.filter },
      values.limit ?? DEFAULT_LIMIT,
    );
    if (!found.ok) return failed(out, found.error);
    await out.rows(COLUMNS, found.value.items, found.value);
    if (found.value.next_cursor)
      out.say(`there are more; the first ${found.value.items.length} are shown (--limit)`);
    return EXIT.ok;
  },
});

interface RequestAnswer {
  request: Record<string, unknown>;
  stages: Record<string, unknown>[];
  images: Record<string, unknown>[];
}

const STAGE_COLUMNS: readonly RowsColumn[] = [
  { name: 'timestamp', whole: true, title: 'end (UTC)', show: (time) => instant(time as string) },
  { name: 'pipeline_stage', title: 'stage' },
  { name: 'boundary', title: 'boundary' },
  {
    name: 'latency_ms',
    title: 'latency',
    align: 'right',
    show: (ms) => (typeof ms === 'number' ? duration(ms) : '–'),
  },
  { name: 'outcome', title: 'outcome' },
  { name: 'error_code', title: 'error' },
  { name: 'span_id', whole: true, title: 'span' },
];

async function showRequest(out: Output, answer: RequestAnswer): Promise<number> {
  if (out.format !== 'table') {
    await out.rows(STAGE_COLUMNS, answer.stages, answer);
    return EXIT.ok;
  }
  const said = Object.entries(answer.request).filter(([, value]) => !isEmpty(value));
  const width = said.reduce((most, [name]) => Math.max(most, name.length), 0);
  for (const [name, value] of said) {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    await out.line(`${out.style(name.padEnd(width), 'dim')}  ${plain(text)}`);
  }
  await out.line('');
  await out.rows(STAGE_COLUMNS, answer.stages, answer);
  for (const image of answer.images)
    await out.line(plain(`image ${image.image_id} ${image.uri ?? ''}`.trimEnd()));
  return EXIT.ok;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
