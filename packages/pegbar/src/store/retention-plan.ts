/**
 * How long rows live, as pure functions. All ages count from the end of a partition, so a row lives for its
 * retention at least and for one partition longer at most (a day for raw rows).
 *
 * Three ages meet in `spans`: after the short one (`spans`, 48 h) only the kept traces remain — errors, slow
 * ones, a share by hash — and the rows that are stages; after `kept_traces` only stages; after `events`
 * nothing. A trace is kept or dropped whole as far as its spans arrived within a day of each other.
 */
import type { Table } from '@pegbar/contract';
import { quote } from './ddl.ts';
import { NOT_PINNED } from './pins.ts';

/** What a tenant's spec says; durations in milliseconds, `traces` a share from 0 to 1. */
export interface RetentionPolicy {
  retention_ms: Record<
    'spans' | 'kept_traces' | 'logs' | 'metrics' | 'events' | 'hour_rollups' | 'day_rollups',
    number
  >;
  sampling: { traces: number; slow_ms: number };
}

const DAY_MS = 86_400_000;
/** Shares are told in millionths: fine enough for 0.01 % of traces, and an integer in SQL. */
const SHARE_PARTS = 1_000_000;
const NS_PER_MS = 1_000_000;

/** End of a partition in milliseconds since the epoch (exclusive). An unknown key is a bug. */
export function partitionEnd(partitionBy: string, partition: string): number {
  const digits = partition.replace(/\D/g, '');
  const year = Number(digits.slice(0, 4));
  const month = Number(digits.slice(4, 6)) - 1;
  const day = Number(digits.slice(6, 8) || 1);
  switch (partitionBy) {
    case 'part':
    case 'toDate(t)':
      return Date.UTC(year, month, day) + DAY_MS;
    case 'toMonday(t)':
      return Date.UTC(year, month, day) + 7 * DAY_MS;
    case 'toYYYYMM(t)':
      return Date.UTC(year, month + 1, 1);
    case 'toStartOfYear(t)':
      return Date.UTC(year + 1, 0, 1);
    default:
      throw new Error(`retention does not know the partition key ${partitionBy}`);
  }
}

/** Milliseconds after which no row of the tenant remains in the table; infinite for what is kept for good. */
export function lifetime(table: Table, { retention_ms }: RetentionPolicy): number {
  if (table.retention === 'none') return Number.POSITIVE_INFINITY;
  if (table.retention !== 'spans') return retention_ms[table.retention];
  const traces = traceLifetime({ retention_ms });
  return hasStages(table) ? Math.max(traces, retention_ms.events) : traces;
}

/** Milliseconds after which a kept trace goes. */
export function traceLifetime({ retention_ms }: Pick<RetentionPolicy, 'retention_ms'>): number {
  return Math.max(retention_ms.spans, retention_ms.kept_traces);
}

export function hasStages(table: Table): boolean {
  return table.retention === 'spans' && table.columns.some(({ name }) => name === 'pipeline_stage');
}

/** Condition of the rows that go from a partition, and why; null where none do. */
export interface Removal {
  reason: 'tenant_expired' | 'traces_expired' | 'sampled';
  where: string;
}

/** What goes from a partition of this age that some tenants still need. */
export function removals(
  table: Table,
  partition: string,
  age_ms: number,
  policies: ReadonlyMap<string, RetentionPolicy>,
): Removal[] {
  const gone: string[] = [];
  const untraced: string[] = [];
  const sampled = new Map<string, { policy: RetentionPolicy; tenants: string[] }>();
  for (const [tenant, policy] of policies) {
    if (age_ms >= lifetime(table, policy)) gone.push(tenant);
    else if (table.retention !== 'spans') continue;
    else if (age_ms >= traceLifetime(policy)) untraced.push(tenant);
    else if (age_ms >= policy.retention_ms.spans) {
      const key = JSON.stringify(policy.sampling);
      const group = sampled.get(key) ?? { policy, tenants: [] };
      group.tenants.push(tenant);
      sampled.set(key, group);
    }
  }
  const out: Removal[] = [];
  if (gone.length) out.push({ reason: 'tenant_expired', where: tenantIn(gone) });
  if (untraced.length) out.push({ reason: 'traces_expired', where: `${tenantIn(untraced)} AND ${NO_STAGE}` });
  if (sampled.size) {
    const groups = [...sampled.values()].map((group) => `(${notKept(table, partition, group)})`);
    out.push({ reason: 'sampled', where: groups.join(' OR ') });
  }
  return out;
}

const NO_STAGE = "pipeline_stage = '' AND boundary = ''";

function notKept(
  table: Table,
  partition: string,
  { policy, tenants }: { policy: RetentionPolicy; tenants: string[] },
): string {
  const { traces, slow_ms } = policy.sampling;
  const share = Math.round(Math.min(1, Math.max(0, traces)) * SHARE_PARTS);
  const day = `toDate(${quote(partition)})`;
  const worth = `status = 2 OR error_code != '' OR duration_ns >= ${Math.round(slow_ms * NS_PER_MS)}`;
  return [
    tenantIn(tenants),
    ...(hasStages(table) ? [NO_STAGE] : []),
    NOT_PINNED,
    `cityHash64(tenant, trace_id) % ${SHARE_PARTS} >= ${share}`,
    `(tenant, trace_id) NOT IN (SELECT tenant, trace_id FROM spans
       WHERE part BETWEEN ${day} - 1 AND ${day} + 1 AND ${tenantIn(tenants)} AND (${worth}))`,
  ].join(' AND ');
}

function tenantIn(tenants: readonly string[]): string {
  return `tenant IN (${tenants.map(quote).join(', ')})`;
}
