/**
 * What rows of metrics and logs have in common: where they go, who they belong to, which attributes fill columns
 * (the contract's map), what stays free, and what is said about items that were refused.
 */
import { type AttributeLevel, attributeOf } from '@pegbar/contract';
import type { OtlpContext } from '../sink.ts';
import {
  FUTURE_NS,
  MAX_ATTRIBUTES,
  MAX_KEY_BYTES,
  MAX_NAME_BYTES,
  MAX_REASON_CHARACTERS,
  MAX_RESOURCE_BYTES,
  MAX_VALUE_BYTES,
  MIN_END_NS,
} from '../spans/limits.ts';
import { type KeyValue, type Leaf, type Long, plainText, unsigned } from './value.ts';

/** Takes rows by table and column name; what is left out or undefined is the column's default. */
export interface RowSink {
  append(table: string, row: Record<string, unknown>): void;
}

/** The part of a tenant's protection that metrics and logs need. */
export interface TextProtection {
  /** Free text, such as a log body, as it may be stored. */
  text(text: string): string;
  /** A named text as it may be stored; null or undefined drops it. */
  attribute(key: string, text: string): string | null | undefined;
}
/** Protection differs by tenant, and without a key the body names the tenant. */
export type ProtectionOf = (tenant: string) => TextProtection;

export interface DecodedRows {
  /** Data points or log records that were refused alone. */
  rejected: number;
  /** Why, joined and bounded; '' when nothing was refused. */
  message: string;
  /** Rows appended to the signal's own table. */
  rows: number;
  /** Attributes that were cut or left out at a limit. */
  cut: number;
  /** Items whose own tenant was overridden by the key's. */
  tenantsOverridden: number;
}

/** Rows that one request may add: half of what the intake holds for one commit. */
export const MAX_ROWS = 200_000;
export const DEFAULT_TENANT = 'default';

/** Free text and columns out of a list of attributes. */
export interface Attributes {
  columns: Record<string, string>;
  free: Record<string, string>;
}

/** The bookkeeping of one request. */
export class Tally {
  rejected = 0;
  rows = 0;
  cut = 0;
  tenantsOverridden = 0;
  readonly #reasons = new Set<string>();

  reject(reason: string, items = 1): void {
    this.rejected += items;
    if (this.#reasons.size < 8) this.#reasons.add(reason);
  }

  result(): DecodedRows {
    const { rejected, rows, cut, tenantsOverridden } = this;
    const message = [...this.#reasons].join('; ').slice(0, MAX_REASON_CHARACTERS);
    return { rejected, message, rows, cut, tenantsOverridden };
  }
}

/** Who an item belongs to: the key's tenant, else what the item or its resource says, else the default. */
export function tenantOf(
  context: OtlpContext,
  item: readonly KeyValue[],
  resource: readonly KeyValue[],
  level: AttributeLevel,
  tally: Tally,
): string {
  const said = tenantSaid(item, level) || tenantSaid(resource, 'resource');
  if (context.tenant === null) return said || DEFAULT_TENANT;
  if (said && said !== context.tenant) tally.tenantsOverridden++;
  return context.tenant;
}

function tenantSaid(attributes: readonly KeyValue[], level: AttributeLevel): string {
  let best = '';
  let rank = Number.POSITIVE_INFINITY;
  for (const { key = '', value } of attributes) {
    const entry = attributeOf(key, level);
    if (entry?.column !== 'tenant') continue;
    const at = entry.names.indexOf(key);
    const text = at < rank ? plainText(value) : '';
    if (text === '' || text.length > MAX_NAME_BYTES) continue;
    best = text;
    rank = at;
  }
  return best;
}

/**
 * Sorts attributes into columns and free text. Among several names of one column the first of the contract's list
 * wins and the others stay free; of a key that is sent twice the first counts. `wanted` are the columns of the table.
 */
export function sortAttributes(
  list: readonly KeyValue[],
  level: AttributeLevel,
  wanted: ReadonlySet<string>,
  protect: Leaf,
  tally: Tally,
): Attributes {
  const columns: Record<string, string> = {};
  const from: Record<string, string> = {};
  const ranks: Record<string, number> = {};
  const free: Record<string, string> = Object.create(null);
  let count = 0;
  const keep = (key: string, text: string): void => {
    if (key in free) return;
    if (count >= MAX_ATTRIBUTES || key.length > MAX_KEY_BYTES) {
      tally.cut++;
      return;
    }
    const kept = protect(key, text);
    if (kept === null || kept === undefined) return;
    if (kept.length > MAX_VALUE_BYTES) tally.cut++;
    free[key] = kept.slice(0, MAX_VALUE_BYTES);
    count++;
  };
  for (const { key = '', value } of list) {
    const text = plainText(value);
    const entry = attributeOf(key, level);
    if (!entry || !wanted.has(entry.column) || text === '' || text.length > MAX_NAME_BYTES) {
      keep(key, text);
      continue;
    }
    const { column } = entry;
    const rank = entry.names.indexOf(key);
    const before = ranks[column];
    if (before !== undefined && before <= rank) {
      if (before < rank) keep(key, text);
      continue;
    }
    if (before !== undefined) keep(from[column]!, columns[column]!);
    columns[column] = text;
    from[column] = key;
    ranks[column] = rank;
  }
  return { columns, free };
}

/** A resource's free attributes as one JSON object with sorted keys, so that equal resources are one entry. */
export function resourceJson(free: Record<string, string>, tally: Tally): string {
  const parts: string[] = [];
  let length = 2;
  for (const key of Object.keys(free).sort()) {
    const part = `${JSON.stringify(key)}:${JSON.stringify(free[key])}`;
    length += part.length + 1;
    if (length > MAX_RESOURCE_BYTES) {
      tally.cut++;
      continue;
    }
    parts.push(part);
  }
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** Nanoseconds of a time; the arrival where it is 0 or missing, undefined where unit or clock are wrong. */
export function timeOf(time: Long | undefined, arrivedNs: bigint): bigint | undefined {
  const ns = time ? unsigned(time) : 0n;
  if (ns === 0n) return arrivedNs;
  if (ns < BigInt(MIN_END_NS) || ns > arrivedNs + BigInt(FUTURE_NS)) return undefined;
  return ns;
}

/** The bytes of an id, or undefined where it is missing, all zero, or of the wrong length. */
export function idOf(bytes: Uint8Array | undefined, length: number): Uint8Array | undefined {
  if (bytes?.length !== length) return undefined;
  for (const byte of bytes) if (byte !== 0) return bytes;
  return undefined;
}
