/**
 * What rows of metrics and logs have in common: where they go, who they belong to, which attributes fill columns
 * (the contract's map), what stays free, and what is said about items that were refused.
 */
import { ATTRIBUTES, type AttributeLevel, attributeOf } from '@pegbar/contract';
import type { IdentityKind } from '../../../privacy/index.ts';
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
import { jsonText, type KeyValue, type Long, plainText, unsigned } from './value.ts';

/** Takes rows by table and column name; what is left out or undefined is the column's default. */
export interface RowSink {
  append(table: string, row: Record<string, unknown>): void;
}

/** The part of the privacy room's `Protector` that metrics and logs need. */
export interface TextProtection {
  /** True where texts are stored as they come. Users are hashed all the same. */
  readonly plain: boolean;
  text(text: string): { text: string; redactions: number };
  attribute(key: string, text: string): { keep: boolean; value: string; redactions: number };
  /** An id or name as it may be stored. */
  identity(text: string, kind: IdentityKind): string;
  userHash(id: string): string;
  optedOut(userHash: string): boolean;
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
  /** Items of users who want no telemetry: left out, and not an error of the sender. */
  optedOut: number;
  /** Attributes and texts that were cut or left out at a limit. */
  cut: number;
  redactions: number;
  /** Items whose own tenant was overridden by the key's. */
  overriddenTenants: number;
  /** Items whose tenant was not a valid name; they went to `default`. */
  badTenants: number;
}

/** Rows that one request may add: half of what the intake holds for one commit. */
export const MAX_ROWS = 200_000;
const DEFAULT_TENANT = 'default';

/** Free text and columns out of a list of attributes. */
export interface Attributes {
  columns: Record<string, string>;
  free: Record<string, string>;
}

/** The bookkeeping of one request. */
export class Tally {
  rejected = 0;
  rows = 0;
  optedOut = 0;
  cut = 0;
  redactions = 0;
  overriddenTenants = 0;
  badTenants = 0;
  readonly #reasons = new Map<string, number>();

  /** Reasons come from the code, so there are few of them. */
  reject(reason: string, items = 1): void {
    if (items === 0) return;
    this.rejected += items;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + items);
  }

  result(): DecodedRows {
    const { rejected, rows, optedOut, cut, redactions, overriddenTenants, badTenants } = this;
    const reasons = Array.from(this.#reasons, ([reason, count]) => `${count} × ${reason}`).join('; ');
    const message = reasons.slice(0, MAX_REASON_CHARACTERS);
    return { rejected, message, rows, optedOut, cut, redactions, overriddenTenants, badTenants };
  }
}

/** Names are labels, folder names and parts of keys; the same rule as for spans. */
const TENANT_NAME = /^[a-zA-Z0-9._-]{1,64}$/;

/** Who an item belongs to: the key's tenant, else what the item or its resource says, else the default. */
export function tenantOf(
  context: OtlpContext,
  item: readonly KeyValue[],
  resource: readonly KeyValue[],
  level: AttributeLevel,
  tally: Tally,
): string {
  const said = tenantSaid(item, level) || tenantSaid(resource, 'resource');
  if (context.tenant !== null) {
    if (said && said !== context.tenant) tally.overriddenTenants++;
    return context.tenant;
  }
  if (said === '' || TENANT_NAME.test(said)) return said || DEFAULT_TENANT;
  tally.badTenants++;
  return DEFAULT_TENANT;
}

function tenantSaid(attributes: readonly KeyValue[], level: AttributeLevel): string {
  let best = '';
  let rank = Number.POSITIVE_INFINITY;
  for (const { key = '', value } of attributes) {
    const entry = attributeOf(key, level);
    if (entry?.column !== 'tenant') continue;
    const at = entry.names.indexOf(key);
    const text = at < rank ? plainText(value) : '';
    if (text === '') continue;
    best = text;
    rank = at;
  }
  return best;
}

/** An attribute's text as it may be stored; undefined drops it. */
function protectedText(
  key: string,
  text: string,
  protection: TextProtection,
  tally: Tally,
): string | undefined {
  if (protection.plain) return text;
  const { keep, value, redactions } = protection.attribute(key, text);
  tally.redactions += redactions;
  return keep ? value : undefined;
}

/** How users are named, in order of precedence; see the contract. Told by a keyed hash only, under the first name. */
const USERS = ATTRIBUTES.find(({ kind }) => kind === 'user')!.names;
const isUser = (key: string): boolean => USERS.includes(key);

/** The keyed hash of the user that an item names, '' without one. */
export function userOf(list: readonly KeyValue[], protection: TextProtection): string {
  let best = '';
  let rank = Number.POSITIVE_INFINITY;
  for (const { key = '', value } of list) {
    const at = USERS.indexOf(key);
    if (at < 0 || at >= rank) continue;
    const text = plainText(value);
    if (text === '') continue;
    best = text;
    rank = at;
  }
  return best === '' ? '' : protection.userHash(best);
}

/**
 * Sorts attributes into columns and free text. Among several names of one column the first of the contract's list
 * wins and the others stay free; of a key that is sent twice the first counts. `wanted` are the columns of the table.
 */
export function sortAttributes(
  list: readonly KeyValue[],
  level: AttributeLevel,
  wanted: ReadonlySet<string>,
  protection: TextProtection,
  tally: Tally,
): Attributes {
  const columns: Record<string, string> = {};
  const chosen: Record<string, { key: string; rank: number }> = {};
  const free: Record<string, string> = Object.create(null);
  let count = 0;
  const keep = (key: string, text: string): void => {
    if (isUser(key) || key in free) return;
    if (count >= MAX_ATTRIBUTES || key.length > MAX_KEY_BYTES) {
      tally.cut++;
      return;
    }
    const kept = protectedText(key, text, protection, tally);
    if (kept === undefined) return;
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
    const before = chosen[column];
    if (before && before.rank <= rank) {
      if (before.rank < rank) keep(key, text);
      continue;
    }
    if (before) keep(before.key, columns[column]!);
    columns[column] = text;
    chosen[column] = { key, rank };
  }
  return { columns, free };
}

/** A resource's attributes as one JSON object, as far as they may be stored; users are left out. */
export function resourceJson(list: readonly KeyValue[], protection: TextProtection, tally: Tally): string {
  const members = new Map<string, string>();
  let length = 2;
  for (const { key = '', value } of list) {
    if (isUser(key) || members.has(key)) continue;
    const plain = plainText(value);
    const stored = protectedText(key, plain, protection, tally);
    if (stored === undefined) continue;
    const text = stored === plain ? jsonText(value) : JSON.stringify(stored);
    length += key.length + text.length + 4;
    if (length > MAX_RESOURCE_BYTES || members.size >= MAX_ATTRIBUTES) {
      tally.cut++;
      break;
    }
    members.set(key, text);
  }
  if (members.size === 0) return '';
  return `{${Array.from(members, ([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
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
