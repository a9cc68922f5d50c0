import { z } from 'zod';
import { parseDuration, parseSize } from './units.ts';

/**
 * The server's settings as `pegbar.yaml` writes them, with their defaults and limits. Durations and sizes are
 * text with a unit in the file and numbers with the unit in their name afterwards (`resolve` in load.ts).
 */

const duration = (least: string, most: string) => {
  const [low, high] = [parseDuration(least), parseDuration(most)];
  return z.string().superRefine((text, context) => {
    const read = parseDuration(text);
    if (!read.ok) context.addIssue({ code: 'custom', message: read.error });
    else if (low.ok && high.ok && (read.value < low.value || read.value > high.value)) {
      context.addIssue({ code: 'custom', message: `say something from ${least} to ${most}` });
    }
  });
};

const size = (least: string, most: string) => {
  const [low, high] = [parseSize(least), parseSize(most)];
  return z.union([z.string(), z.number()]).superRefine((text, context) => {
    const read = parseSize(String(text));
    if (!read.ok) context.addIssue({ code: 'custom', message: read.error });
    else if (low.ok && high.ok && (read.value < low.value || read.value > high.value)) {
      context.addIssue({ code: 'custom', message: `say something from ${least} to ${most}` });
    }
  });
};

const port = z.number('say a port from 0 to 65535; 0 takes any free one').int().min(0).max(65_535);
const share = z.number('say a share from 0 to 1').min(0).max(1);
const price = z.number('say a price per hour in US dollars').min(0).max(10_000);

const isHttpUrl = (text: string): boolean => {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
};

const isOrigin = (text: string): boolean => isHttpUrl(text) && new URL(text).origin === text;

export const ENGINES = ['auto', 'child', 'binary'] as const;
export const ROLES = ['all', 'ingest', 'worker', 'api'] as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export const WORKLOADS = ['animation', 'single_image', 'batch_panels'] as const;

/** Retention by signal; the words are those of a Tenant's spec, whose values win over these. */
const retention = z.strictObject({
  spans: duration('1h', '3650d').default('48h'),
  kept_traces: duration('1h', '3650d').default('30d'),
  logs: duration('1h', '3650d').default('30d'),
  metrics: duration('1h', '3650d').default('30d'),
  events: duration('1h', '3650d').default('90d'),
  hour_rollups: duration('1d', '3650d').default('100d'),
  day_rollups: duration('1d', '3650d').default('900d'),
  artifacts: duration('1h', '3650d').default('30d'),
});

const sampling = z.strictObject({
  traces: share.default(0.05),
  slow_ms: z.number().min(0).max(86_400_000).default(10_000),
  artifacts: share.default(0.1),
});

const timeout = duration('1s', '30d');

export const serverSchema = z.strictObject({
  data: z.string().min(1, 'name a folder').default('./pegbar-data'),
  host: z.string().min(1, 'name an address, such as 127.0.0.1').default('127.0.0.1'),
  port: port.default(4300),
  otlp_http_port: port.default(4318),
  otlp_grpc_port: port.default(4317),
  engine: z
    .string()
    .refine((text) => (ENGINES as readonly string[]).includes(text) || isHttpUrl(text), {
      message: `say ${ENGINES.join(', ')} or the http:// URL of a ClickHouse`,
    })
    .default('auto'),
  role: z.enum(ROLES, `say one of ${ROLES.join(', ')}`).default('all'),
  require_key: z.boolean('say true or false').default(false),
  json: z.boolean('say true or false').default(false),
  resources: z.array(z.string().min(1)).max(1_000).default([]),
  log_level: z.enum(LOG_LEVELS, `say one of ${LOG_LEVELS.join(', ')}`).default('info'),
  gpu_prices: z.record(z.string(), price).default({}),
  request_timeout: z
    .partialRecord(z.enum(['default', ...WORKLOADS], `say default, ${WORKLOADS.join(', ')}`), timeout)
    .default({}),
  retention: retention.prefault({}),
  sampling: sampling.prefault({}),
  /** Most that the data folder may take; 0 = as much as the disk has above min_free. */
  max_disk: size('0', '1000TB').default(0),
  min_free: size('0', '100TB').default('2GB'),
  /** How long an acknowledgement may wait for company in its fsync. */
  commit_interval: duration('0ms', '1s').default('2ms'),
  /** Largest body after decompression, of OTLP and of the API. */
  max_body: size('64KiB', '1GiB').default('64MiB'),
  beacon_origins: z
    .array(z.string().refine(isOrigin, { message: 'say an origin: https://studio.example, no path' }))
    .max(1_000)
    .default([]),
});

export type ServerSettings = z.output<typeof serverSchema>;
export type SettingName = keyof typeof serverSchema.shape;
