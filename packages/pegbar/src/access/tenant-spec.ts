/** What a `kind: Tenant` document may say, and what holds where it says nothing. */

import { isAbsolute } from 'node:path';
import { PROMPT_POLICIES, type PromptPolicy } from '@pegbar/contract';
import { z } from 'zod';
import { parseDuration } from '../config/index.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Partitions are days, and a loader needs some time: less than an hour cannot be kept. */
const MIN_RETENTION_MS = HOUR_MS;
const MAX_RETENTION_MS = 100 * 365 * DAY_MS;
/** Each pattern runs over every text that is protected. */
const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 1_000;
const MAX_KEYS = 1_000;
const MAX_ROOTS = 100;

export interface TenantSpec {
  prompts: PromptPolicy;
  /** Added to the built-in patterns and keys; sources of regular expressions that compile with the flag `u`. */
  redact: { patterns: string[]; keys: string[] };
  retention_ms: Record<RetentionKind, number>;
  /** `traces` and `artifacts` are shares from 0 to 1; slower requests than `slow_ms` are always kept. */
  sampling: { traces: number; slow_ms: number; artifacts: number };
  /** Absolute folders from which the server may read pictures by reference. */
  artifact_roots: string[];
}

const RETENTION_MS = {
  spans: 48 * HOUR_MS,
  kept_traces: 30 * DAY_MS,
  logs: 30 * DAY_MS,
  metrics: 30 * DAY_MS,
  events: 90 * DAY_MS,
  hour_rollups: 100 * DAY_MS,
  day_rollups: 900 * DAY_MS,
  artifacts: 30 * DAY_MS,
} as const;
export type RetentionKind = keyof typeof RETENTION_MS;

const SAMPLING = { traces: 0.05, slow_ms: 10_000, artifacts: 0.1 };

const duration = z.string('write a number and a unit, such as 48h or 30d').transform((text, context) => {
  const parsed = parseDuration(text);
  const message = parsed.ok ? outOfRange(parsed.value) : parsed.error;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
  return parsed.ok ? parsed.value : z.NEVER;
});

const pattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN_LENGTH)
  .superRefine((source, context) => {
    const message = whyNotPattern(source);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const share = z.number().min(0).max(1);
const retention = Object.fromEntries(
  Object.keys(RETENTION_MS).map((kind) => [kind, duration.optional()]),
) as Record<RetentionKind, z.ZodOptional<typeof duration>>;

/** Validates `spec`; the output has durations in milliseconds and only what was written. */
export const tenantSpecSchema = z.strictObject({
  prompts: z.enum(PROMPT_POLICIES).optional(),
  redact: z
    .strictObject({
      patterns: z.array(pattern).max(MAX_PATTERNS).optional(),
      keys: z.array(z.string().min(1).max(200)).max(MAX_KEYS).optional(),
    })
    .optional(),
  retention: z.strictObject(retention).optional(),
  sampling: z
    .strictObject({
      traces: share.optional(),
      slow_ms: z.number().positive().optional(),
      artifacts: share.optional(),
    })
    .optional(),
  artifact_roots: z
    .array(z.string().refine(isAbsolute, 'write an absolute folder'))
    .max(MAX_ROOTS)
    .optional(),
});

/** What holds for tenants that say nothing. */
export interface TenantDefaults {
  /** A server that listens on loopback only keeps prompts, every other one redacts them. */
  loopback: boolean;
  /** Those of the server's configuration. */
  retention_ms?: Partial<TenantSpec['retention_ms']> | undefined;
  sampling?: Partial<TenantSpec['sampling']> | undefined;
}

/** Fills in what the document leaves open. */
export function resolveTenantSpec(
  spec: z.output<typeof tenantSpecSchema>,
  defaults: TenantDefaults,
): TenantSpec {
  return {
    prompts: spec.prompts ?? (defaults.loopback ? 'keep' : 'redact'),
    redact: { patterns: spec.redact?.patterns ?? [], keys: spec.redact?.keys ?? [] },
    retention_ms: {
      ...RETENTION_MS,
      ...withoutUndefined(defaults.retention_ms ?? {}),
      ...withoutUndefined(spec.retention ?? {}),
    },
    sampling: {
      ...SAMPLING,
      ...withoutUndefined(defaults.sampling ?? {}),
      ...withoutUndefined(spec.sampling ?? {}),
    },
    artifact_roots: spec.artifact_roots ?? [],
  };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function outOfRange(ms: number): string | undefined {
  if (ms < MIN_RETENTION_MS) return 'at least 1h';
  return ms > MAX_RETENTION_MS ? 'at most 36500d' : undefined;
}

function whyNotPattern(source: string): string | undefined {
  try {
    return new RegExp(source, 'u').test('') ? 'the pattern matches the empty text' : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
