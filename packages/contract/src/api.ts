/** Schemas of what the HTTP API takes and answers. Answers may carry more members than these; clients ignore them. */
import { z } from 'zod';
import { ERROR_CODES } from './errors.ts';
import { wireOf } from './groups.ts';
import { KPI_NAMES } from './kpis.ts';
import { RECORDS } from './records.ts';
import { OUTCOMES, RECORD_TYPES, type RecordType, SCOPES, STAGES } from './vocabulary.ts';

const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const attributes = z.record(z.string(), z.string());
const count = z.number().min(0);

export const ErrorAnswer = z.object({
  error: z.object({
    code: z.enum(ERROR_CODES as [string, ...string[]]),
    message: z.string(),
    field: z.string().optional().describe('Dotted path of the field or name of the parameter.'),
    hint: z.string().optional().describe('What to do about it.'),
  }),
});

export const WantedQuestion = z.object({
  images: z
    .array(
      z.object({
        image_id: z.string().min(1).max(256),
        model_version: z.string().max(512).optional(),
        always: z.boolean().optional().describe('It failed or was flagged: such pictures are always wanted.'),
      }),
    )
    .max(1000),
});
export const WantedAnswer = z.object({
  wanted: z.array(z.string()).describe('Ids of the question, in its order.'),
  share: z.number().describe('Share of each model that is drawn: `sampling.artifacts` of the tenant.'),
});

export const EventsAnswer = z.object({
  accepted: count.describe('Lines that are stored, duplicates not among them.'),
  duplicates: count.describe('Lines that were here already.'),
  rejected: z.array(
    z.object({
      line: count.describe('Number of the line, or position in the array, from 1.'),
      code: z.enum(ERROR_CODES as [string, ...string[]]),
      field: z.string(),
      message: z.string(),
    }),
  ),
});

/** Columns that requests, stages and images share. */
const tags = {
  tenant: z.string(),
  region: z.string(),
  workload: z.string(),
  model_version: z.string(),
  hardware_class: z.string(),
  traffic_source: z.string(),
};
const generation = {
  model_family: z.string(),
  checkpoint_hash: z.string(),
  loras: z.array(z.string()),
  sampler: z.string(),
  scheduler: z.string(),
  steps: count,
  cfg: z.number(),
  seed: z.string().describe('64-bit unsigned, as text.'),
  width: count,
  height: count,
};
const partialOf = <S extends z.ZodRawShape>(shape: S) => z.object(shape).partial().shape;

export const RequestRow = z.looseObject({
  request_id: z.string(),
  timestamp: time,
  outcome: z.enum(OUTCOMES),
  latency_ms: z.number().nullable(),
  ...partialOf({
    ...tags,
    ...generation,
    trace_id: z.string(),
    queue_wait_ms: z.number(),
    cost_usd: z.number(),
    gpu_seconds: z.number(),
    images: count,
    error_code: z.string(),
    session_id: z.string(),
  }),
});

export const StageRow = z.looseObject({
  timestamp: time,
  pipeline_stage: z.enum(STAGES).or(z.literal('')),
  ...partialOf({
    ...tags,
    trace_id: z.string(),
    span_id: z.string(),
    boundary: z.string(),
    outcome: z.string(),
    latency_ms: z.number(),
    queue_wait_ms: z.number(),
    cost_usd: z.number(),
    gpu_seconds: z.number(),
    error_code: z.string(),
    error_message: z.string(),
    image_id: z.string(),
    attributes,
  }),
});

export const ImageRow = z.looseObject({
  image_id: z.string(),
  ...partialOf({
    ...tags,
    ...generation,
    timestamp: time,
    request_id: z.string(),
    uri: z.string(),
    attributes,
    reaction: z.string().describe('In lists: what somebody did with it last, `reject` say.'),
    nsfw_score: z.number().describe('In lists, of flagged pictures: the highest score named nsfw.'),
  }),
});

export const LogRow = z.looseObject({
  timestamp: time,
  severity: z.string(),
  body: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  attributes,
});

export const SpanRow = z.looseObject({
  span_id: z.string(),
  parent_span_id: z.string().nullable(),
  name: z.string(),
  start: time,
  end: time,
  duration_ms: z.number(),
  status: z.string(),
  attributes,
  events: z.array(z.looseObject({ name: z.string(), timestamp: time, attributes })),
});

export const RequestDetail = z.looseObject({
  request: RequestRow,
  stages: z.array(StageRow).optional(),
  images: z.array(ImageRow).optional(),
});
export const Trace = z.looseObject({
  trace_id: z.string(),
  spans: z.array(SpanRow),
  logs: z.array(LogRow),
});
export const ImageDetail = z.looseObject({ image: ImageRow });

const fps = z.number().nullable();
const SequenceSide = z
  .looseObject({
    frames: count,
    seconds: count.describe('Of making, or of playing in sight.'),
    fps,
    fps_met_by_99: fps.describe('The rate that 99 % of the seconds meet or exceed.'),
    dropped: count,
    dropped_ratio: z.number().nullable().describe('dropped / (frames + dropped)'),
    duplicated: count,
    held: count,
    stalls: count,
    sessions: count,
    windows: z.array(z.looseObject({ timestamp: time, offset_s: count, seconds: count, frames: count })),
  })
  .nullable();
export const SequenceDetail = z.looseObject({
  sequence_id: z.string(),
  request_id: z.string().nullable(),
  trace_id: z.string().nullable(),
  request: RequestRow.nullable(),
  declared_fps: fps,
  produced: SequenceSide,
  delivered: SequenceSide,
  deviation: z.number().nullable().describe('(produced fps − delivered fps) / produced fps'),
  seconds: z.array(
    z.looseObject({
      second: count,
      produced_fps: fps,
      delivered_fps: fps,
      deviation: z.number().nullable(),
      dropped: count,
      duplicated: count,
      held: count,
      stalls: count,
    }),
  ),
  truncated: z.boolean(),
});

const pageOf = (item: z.ZodType) =>
  z.looseObject({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('null at the end; else the `cursor` of the next page.'),
  });
export const RequestsPage = pageOf(RequestRow);
export const ImagesPage = pageOf(ImageRow);
export const LogsPage = pageOf(LogRow);
export const MetricSeriesPage = pageOf(
  z.looseObject({
    name: z.string(),
    unit: z.string(),
    kind: z.string(),
    attributes,
    points: z.array(z.looseObject({ t: time, value: z.number().nullable() })),
  }),
);

export const KpiSeries = z.looseObject({
  step_s: z.number().describe('Seconds of one point.'),
  source: z.enum(['rollup', 'raw', 'estimate']),
  series: z.array(
    z.looseObject({
      key: z.looseObject({ metric: z.enum(KPI_NAMES as [string, ...string[]]) }),
      points: z.array(
        z.object({
          t: time.describe('Start of the point.'),
          value: z.number().nullable().describe('null where there is nothing to say.'),
          n: z.number().describe('What it rests on: observations, or the denominator of a ratio.'),
        }),
      ),
    }),
  ),
});

export const Query = z.object({ sql: z.string().min(1).max(100_000) });
export const QueryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  truncated: z.boolean(),
});

/** An object whose members are not part of the contract. */
export const AnyObject = z.looseObject({});

export const Status = z.looseObject({
  acked: count.describe('Rows acknowledged since the data directory was made.'),
  loaded: count.describe('Rows that can be queried.'),
  backlog: count.describe('Rows acknowledged and not loaded yet.'),
  dropped: z.record(z.string(), count).describe('Rows lost, by reason.'),
  duplicates: count,
  engine: z.looseObject({ state: z.string(), restarts: count }),
  disk: z
    .looseObject({ used: count, free: count, limit: count.nullable(), min_free: count })
    .describe('Bytes. With less than `min_free` nothing is taken in.'),
});

export const Me = z.looseObject({
  user: z.string().describe('Name of the user, or id of the key.'),
  kind: z.enum(['session', 'key', 'loopback']),
  tenant: z.string().nullable().describe('null = every tenant.'),
  scopes: z.array(z.enum(SCOPES)),
  csrf: z.string().nullable().describe('What writes of a session send in the header x-pegbar-csrf.'),
  keyless: z.boolean().describe('Every program of this machine is admin.'),
  version: z.string(),
  otlp_http: z.string().nullable(),
  otlp_grpc: z.string().nullable(),
});

export const KeyRequest = z.object({
  tenant: z.string().optional(),
  scopes: z.array(z.enum(SCOPES)).min(1),
  name: z.string().optional(),
});
export const KeyAnswer = z.looseObject({ key: z.string(), id: z.string(), tenant: z.string() });
export const KeysPage = z.looseObject({
  items: z.array(z.looseObject({ id: z.string(), tenant: z.string(), scopes: z.array(z.enum(SCOPES)) })),
});
export const AuditPage = pageOf(
  z.looseObject({ at: time, actor: z.unknown(), action: z.string(), object: z.string() }),
);
export const UserRequest = z
  .object({
    user_hash: z.string().optional().describe('16 hexadecimal digits, as the columns show it.'),
    user_id: z.string().max(512).optional().describe('Or the id as senders send it.'),
  })
  .describe('One of both.');
export const LoginRequest = z.object({ token: z.string() });
export const Session = z.looseObject({ user: z.unknown(), csrf: z.string(), expires_at: time });
export const Items = z.looseObject({ items: z.array(z.looseObject({})) });
export const Applied = z.looseObject({
  applied: z.array(z.looseObject({ kind: z.string(), name: z.string(), action: z.string() })),
});
export const Replayed = z.looseObject({ replayed: count });

/** The schema of one record as it is sent. */
const recordSchema = (type: RecordType) =>
  z.looseObject({
    type: type === 'stage' ? z.literal(type).optional() : z.literal(type),
    ...wireOf(RECORDS[type]),
    ...(type === 'stage'
      ? { model_id: z.string().nullish().describe('Another name of model.version.') }
      : {}),
    attributes: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe('Free attributes; kept as text, nested ones under dotted keys. Unknown fields join them.'),
  });

/** `model_load` → `ModelLoadRecord`. */
export const recordSchemaName = (type: RecordType): string =>
  `${type
    .split('_')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('')}Record`;

export const RECORD_SCHEMAS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  RECORD_TYPES.map((type) => [recordSchemaName(type), recordSchema(type)]),
);
export const AnyRecord = z.union(Object.values(RECORD_SCHEMAS) as [z.ZodType, z.ZodType, ...z.ZodType[]]);
export const Events = z.array(AnyRecord);
