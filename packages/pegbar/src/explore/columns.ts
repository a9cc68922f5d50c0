/** Columns of the tables as the API tells them: ids in hex, flags as truth values, what was not told left out. */
import { type Column, tableOf } from '@pegbar/contract';
import { hashText } from '../store/index.ts';
import type { Field, FieldKind, Fields } from './filter.ts';

/** Bookkeeping of the store, what is told in parts, and bins that mean nothing without their key. */
const HIDDEN: ReadonlySet<string> = new Set([
  'part',
  'seg',
  'source',
  'verdict',
  'prompt_bins',
  'duration_ns',
  'span_ids',
]);
/** Where the API's word is another one: those of the reference event. */
const RENAMED: Readonly<Record<string, string>> = {
  user_hash: 'user_id_hash',
  prompt_chars: 'prompt_length',
  nsfw: 'nsfw_flag',
};
const FLAGS: ReadonlySet<string> = new Set(['nsfw', 'face_ok', 'pose_ok', 'watermark', 'retriable']);
/** 64-bit numbers that count; the others (seeds, hashes) are text. */
const COUNTS: ReadonlySet<string> = new Set(['images', 'stages', 'spans', 'bytes', 'count', 'zero_count']);

const MERGED = /^SimpleAggregateFunction\(\w+, (.*)\)$/;
const typeOf = (column: Column): string => column.type.replace(MERGED, '$1');
const nameOf = (column: Column): string => RENAMED[column.name] ?? column.name;
const published = (table: string): Column[] =>
  tableOf(table).columns.filter((column) => !HIDDEN.has(column.name));

/** The select list of a table; times are RFC 3339 with as many digits as they have. */
export function selectList(table: string, skip: readonly string[] = []): string {
  return published(table)
    .filter((column) => !skip.includes(column.name))
    .map((column) => `${expressionOf(column)} AS ${nameOf(column)}`)
    .join(', ');
}

function expressionOf(column: Column): string {
  const type = typeOf(column);
  const name = `t.${column.name}`;
  if (/^FixedString/.test(type)) return `lower(hex(${name}))`;
  if (/^DateTime64/.test(type)) return instantSql(`${name}::${type}`);
  if (type === 'UInt64' && /_hash$/.test(column.name)) return hashText(`${name}::UInt64`);
  return type === column.type ? name : `${name}::${type}`;
}

/** RFC 3339 in UTC with milliseconds; '' at the epoch, which stands for "not told". */
export function instantSql(time: string): string {
  const ms = `intDiv(toUnixTimestamp64Nano((${time})::DateTime64(9, 'UTC')), 1000000) % 1000`;
  const text = `concat(formatDateTime((${time}), '%Y-%m-%dT%H:%i:%S', 'UTC'), '.', leftPad(toString(${ms}), 3, '0'), 'Z')`;
  return `if(toUnixTimestamp((${time})) = 0, '', ${text})`;
}

const NO_ID = /^0*$/;

/** One row for the API: flags as truth values, counts as numbers; what was not told is left out but for `keep`. */
export function tell(row: Record<string, unknown>, keep: readonly string[] = []): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    const told = toldValue(name, value);
    if (told !== undefined) out[name] = told;
    else if (keep.includes(name)) out[name] = value;
  }
  return out;
}

function toldValue(name: string, value: unknown): unknown {
  if (value === null || value === '' || value === 0 || value === '0') return undefined;
  if (FLAGS.has(name) || name === 'nsfw_flag') return value === 2;
  if (typeof value === 'string' && /_id$/.test(name) && NO_ID.test(value)) return undefined;
  if (COUNTS.has(name)) return Number(value);
  if (typeof value === 'object' && Object.keys(value as object).length === 0) return undefined;
  return value;
}

/** Filter fields of a table; `own` wins over the columns of that name. */
export function fieldsOf(table: string, own: Readonly<Record<string, Field>> = {}, alias = ''): Fields {
  const out: Record<string, Field> = {};
  for (const column of published(table)) {
    const kind = kindOf(column);
    if (kind) out[nameOf(column)] = { sql: alias + column.name, kind };
  }
  return { ...out, ...own };
}

function kindOf(column: Column): FieldKind | undefined {
  const type = typeOf(column)
    .replace(/^LowCardinality\((.*)\)$/, '$1')
    .replace(/^Nullable\((.*)\)$/, '$1');
  const fixed = /^FixedString\((\d+)\)$/.exec(type);
  if (fixed) return { hex: Number(fixed[1]) * 2 };
  if (type === 'String' || type === 'Map(String, String)') return 'text';
  if (type === 'Array(String)') return 'list';
  if (FLAGS.has(column.name)) return 'flag';
  if (type === 'UInt64' && /_hash$/.test(column.name)) return { hex: 16, number: true };
  if (type === 'UInt64') return 'uint64';
  return /^(U?Int|Float)\d+$/.test(type) ? 'number' : undefined;
}
