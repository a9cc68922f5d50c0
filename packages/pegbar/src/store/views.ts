/**
 * The published views as SQL: the tables of `contract` under the names that `docs` promises, columns
 * flattened, ids in lower-case hex, what was not told as NULL where 0 would be read as a value.
 *
 * A column that `tables.ts` gains appears in its views without a change here; what must not be published is
 * hidden by name.
 */
import { type Column, tableOf } from '@pegbar/contract';
import { DATABASE } from './engine/index.ts';
import { mergedRows } from './merged.ts';

/**
 * Stands where the wall puts `PREWHERE` with the tenant of the slot, or nothing for all tenants. It must be
 * PREWHERE: conditions of WHERE are evaluated together with those that the reader adds, over the rows of
 * everybody, and a predicate with a side effect (`throwIf`) would tell of them.
 */
export const VIEW_TENANT = '{tenant_prewhere}';

interface View {
  table: string;
  where?: string;
  /** The rows of one key are parts of one row: they are merged before anything else. */
  merge?: 'requests' | 'images';
  /** Columns that are not published here. */
  hide?: readonly string[];
  /** Only these columns of the table, where given. */
  only?: readonly string[];
  /** Column → expression over the table `t` that is published in its place. */
  instead?: Readonly<Record<string, string>>;
  /** Published name → expression over the table `t`, before the columns of the table. */
  extra?: Readonly<Record<string, string>>;
}

/** Bookkeeping of the store, what is published in parts, and bins that mean nothing without their key. */
const HIDDEN = ['part', 'seg', 'source', 'verdict', 'prompt_bins', 'span_ids'];

/** Published names where they differ from the column's: those of the reference event. */
const RENAMED: Readonly<Record<string, string>> = {
  user_hash: 'user_id_hash',
  prompt_chars: 'prompt_length',
  nsfw: 'nsfw_flag',
};

/** 0 not told, 1 no, 2 yes. */
const FLAGS = ['nsfw', 'face_ok', 'pose_ok', 'watermark', 'retriable'];

/** Numbers whose words everybody knows. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  status: ['unset', 'ok', 'error'],
  kind: ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'],
  temporality: ['unspecified', 'delta', 'cumulative'],
};

/** What only a span has; a stage told as an event has none of it. */
const SPAN_ONLY = ['name', 'kind', 'scope', 'resource', 'trace_state', 'links'];
const TIMES = {
  latency_ms: 't.duration_ns / 1e6',
  started: 't.timestamp - toIntervalNanosecond(t.duration_ns)',
};
const PROMPT_COLUMNS = [
  'tenant',
  'timestamp',
  'request_id',
  'trace_id',
  'span_id',
  'image_id',
  'session_id',
  'user_hash',
  'region',
  'workload',
  'traffic_source',
  'pipeline_stage',
  'model_family',
  'model_version',
  'checkpoint_hash',
  'prompt',
  'negative_prompt',
  'prompt_hash',
  'prompt_chars',
  'prompt_words',
  'prompt_tokens',
  'prompt_language',
  'prompt_script',
  'prompt_tags',
  'negative_chars',
  'redactions',
];

/** How the outcome of a request is read from its row; the room `requests` decides that, we do not import rooms. */
export interface OutcomeSql {
  /** Over the column `verdict`, which is 0 while the request is pending. */
  outcome: string;
  /** Time of the terminal event, milliseconds since the epoch. */
  settled_ms: string;
}

/**
 * A verdict knows its time to the millisecond; where it is that of the last stage, the stage knows it better.
 * What came after the terminal event does not make the request longer.
 */
function requestTimes({ outcome, settled_ms }: OutcomeSql): Record<string, string> {
  const settled = `fromUnixTimestamp64Milli(toInt64(${settled_ms}), 'UTC')`;
  const end = `if(t.verdict = 0, t.ended, least(t.ended, toDateTime64(${settled}, 9, 'UTC') + toIntervalMicrosecond(999)))`;
  return {
    timestamp: `(${end})::DateTime64(9, 'UTC')`,
    outcome,
    latency_ms: `(toUnixTimestamp64Nano(${end}) - toUnixTimestamp64Nano(t.started::DateTime64(9, 'UTC'))) / 1e6`,
  };
}

/** With OpenTelemetry alone a request is called after its trace; the id is not stored twice. */
const REQUEST_OF_SPAN = {
  request_id: "if(t.request_id = '' AND notEmpty(t.trace_id), lower(hex(t.trace_id)), t.request_id)",
};
const TRACE_OF_REQUEST = {
  trace_id:
    "multiIf(notEmpty(t.trace_id::FixedString(16)), lower(hex(t.trace_id::FixedString(16))), match(t.request_id, '^[0-9a-f]{32}$'), t.request_id, '')",
};

const VIEWS = (sql: OutcomeSql): Readonly<Record<string, View>> => ({
  requests: { table: 'requests', merge: 'requests', instead: TRACE_OF_REQUEST, extra: requestTimes(sql) },
  stages: {
    table: 'spans',
    // A boundary is a stage event too, although no stage ended with it.
    where: "(t.pipeline_stage != '' OR t.boundary != '')",
    hide: [...SPAN_ONLY, 'duration_ns'],
    instead: REQUEST_OF_SPAN,
    extra: TIMES,
  },
  spans: {
    table: 'spans',
    where: 'notEmpty(t.span_id) AND bitAnd(t.source, 16) = 0',
    hide: ['duration_ns'],
    instead: REQUEST_OF_SPAN,
    extra: { ...TIMES, duration_ms: 't.duration_ns / 1e6' },
  },
  logs: { table: 'logs' },
  metric_points: { table: 'metric_points' },
  images: { table: 'images', merge: 'images' },
  scores: { table: 'scores' },
  feedback: { table: 'feedback' },
  deployments: { table: 'deployments' },
  frames: { table: 'frames' },
  queue_samples: { table: 'queue_samples' },
  gpu_samples: { table: 'gpu_samples' },
  embeddings: { table: 'embeddings' },
  prompts: {
    table: 'spans',
    where: "(t.prompt_hash != 0 OR t.prompt != '' OR t.prompt_chars != 0)",
    only: PROMPT_COLUMNS,
    instead: REQUEST_OF_SPAN,
  },
});

/** View name → SELECT with `VIEW_TENANT` in the place of the tenant's condition, on the table `t`. */
export function viewSelects(sql: OutcomeSql): Record<string, string> {
  return Object.fromEntries(Object.entries(VIEWS(sql)).map(([name, view]) => [name, selectOf(view)]));
}

function selectOf(view: View): string {
  const hidden = new Set([...HIDDEN, ...(view.hide ?? [])]);
  const table = tableOf(view.table);
  const published = table.columns.filter(
    (column) => !hidden.has(column.name) && (!view.only || view.only.includes(column.name)),
  );
  const columns = [
    ...published.map(
      (column) =>
        `${view.instead?.[column.name] ?? expressionOf(column)} AS ${RENAMED[column.name] ?? column.name}`,
    ),
    ...Object.entries(view.extra ?? {}).map(([name, expression]) => `${expression} AS ${name}`),
  ];
  return [
    `SELECT ${columns.join(', ')}`,
    ...(view.merge
      ? [`FROM ${mergedRows(view.merge, VIEW_TENANT, DATABASE)} AS t`]
      : [`FROM ${DATABASE}.${table.name} AS t`, VIEW_TENANT]),
    ...(view.where ? [`WHERE ${view.where}`] : []),
  ].join('\n');
}

const HASH_DIGITS = 16;

/** A stored number as the id that it is, of all its digits, though `hex()` leaves out leading zero bytes; '' for 0. */
export const hashText = (sql: string, digits = HASH_DIGITS): string =>
  `if(${sql} = 0, '', leftPad(lower(hex(${sql})), ${digits}, '0'))`;

const MERGED = /^SimpleAggregateFunction\(\w+, (.*)\)$/;

function expressionOf(told: Column): string {
  const { name } = told;
  const type = told.type.replace(MERGED, '$1');
  // How rows merge is no business of the reader's.
  const column = type === told.type ? `t.${name}` : `t.${name}::${type}`;
  const words = type === 'UInt8' ? WORDS[name] : undefined;
  if (words) {
    const list = words.map((word) => `'${word}'`).join(', ');
    return `transform(${column}, range(${words.length}), [${list}], toString(${column}))`;
  }
  if (FLAGS.includes(name) && type === 'UInt8') return `if(${column} = 0, NULL, ${column} = 2)`;
  if (/^FixedString\(/.test(type)) return `if(empty(${column}), '', lower(hex(${column})))`;
  if (/^Array\(FixedString\(/.test(type)) return `arrayMap(x -> lower(hex(x)), ${column})`;
  // Functions for vectors take Float32; BFloat16 is how it lies on the disk.
  if (type === 'Array(BFloat16)') return `${column}::Array(Float32)`;
  // Keyed hashes are ids, and ids are text.
  if (/_hash$/.test(name) && type === 'UInt64') return hashText(column);
  return column;
}
