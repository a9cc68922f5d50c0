/** What each attribute key means for a span's row: the contract's attribute map, compiled. */
import { ATTRIBUTES, type AttributeLevel, PROMPT_ATTRIBUTES, tableOf } from '@pegbar/contract';

/** How a value is written. The numbers index no table; they only make the switch dense. */
export const FREE = 0;
export const DICTIONARY = 1;
export const TEXT = 2;
export const WORD = 3;
export const UNSIGNED = 4;
export const UNSIGNED64 = 5;
export const SINGLE = 6;
export const DOUBLE_FLOAT = 7;
export const MAYBE_SINGLE = 8;
export const FLAG = 9;
export const LIST = 10;
export const LORAS = 11;
export const SIZE = 12;
export const TIME = 13;
export const DERIVED = 14;
export const ERROR = 15;
export const USER = 16;
export const PROMPT = 17;
export const NEGATIVE_PROMPT = 18;
export const WORKFLOW = 19;
export const TENANT = 20;
export const WRITTEN = 21;
export const ERROR_TYPE = 22;
export const ERROR_TEXT = 23;

export interface Role {
  readonly kind: number;
  /** Index into the columns of `spans`; -1 where none is filled. */
  readonly column: number;
  /** Place among the names of the column: the least wins. */
  readonly rank: number;
}

const COLUMNS = tableOf('spans').columns;

/** Sizes like `768x768` claim a place of their own: they fill width and height only where those are not told. */
export const SIZE_COLUMN = COLUMNS.length;
export const COLUMN_NAMES: readonly string[] = COLUMNS.map((column) => column.name);
export const COLUMN_COUNT = COLUMNS.length + 1;

/** Index of a column of `spans`; an unknown name is a bug. */
export function columnIndex(name: string): number {
  const index = COLUMNS.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`spans has no column ${name}`);
  return index;
}

/** Columns with a closed vocabulary: other words stay free attributes. */
export const CLOSED = ['pipeline_stage', 'boundary', 'outcome', 'workload'] as const;

const SPECIAL: Readonly<Record<string, number>> = {
  tenant: TENANT,
  prompt: PROMPT,
  negative_prompt: NEGATIVE_PROMPT,
  workflow: WORKFLOW,
};

const BY_KIND: Readonly<Record<string, number>> = {
  user: USER,
  list: LIST,
  loras: LORAS,
  size: SIZE,
  time: TIME,
  derived: DERIVED,
  error: ERROR,
  bool: FLAG,
};

const BY_TYPE: Readonly<Record<string, number>> = {
  'LowCardinality(String)': DICTIONARY,
  String: TEXT,
  UInt8: UNSIGNED,
  UInt16: UNSIGNED,
  UInt32: UNSIGNED,
  UInt64: UNSIGNED64,
  Float32: SINGLE,
  Float64: DOUBLE_FLOAT,
  'Nullable(Float32)': MAYBE_SINGLE,
};

function kindOf(column: string, kind: string): number {
  if ((CLOSED as readonly string[]).includes(column)) return WORD;
  const { type } = COLUMNS[columnIndex(column)]!;
  const role = SPECIAL[column] ?? BY_KIND[kind] ?? BY_TYPE[type];
  if (role === undefined) throw new Error(`no way to write ${kind} into ${column} ${type}`);
  return role;
}

function rolesAt(level: AttributeLevel): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const { column, kind, names, levels } of ATTRIBUTES) {
    if (!levels.includes(level)) continue;
    // The service is the resource's; on a span the key is an attribute like any other.
    if (column === 'service') continue;
    const index = kind === 'size' ? SIZE_COLUMN : columnIndex(column);
    names.forEach((name, rank) => {
      roles.set(name, { kind: kindOf(column, kind), column: index, rank });
    });
  }
  return roles;
}

export const NO_ROLE: Role = { kind: FREE, column: -1, rank: 0 };
const WRITTEN_ROLE: Role = { kind: WRITTEN, column: -1, rank: 0 };

const SPAN_ROLES = rolesAt('span');
const RESOURCE_ROLES = rolesAt('resource');
const EVENT_ROLES: ReadonlyMap<string, Role> = new Map([
  ['exception.type', { kind: ERROR_TYPE, column: -1, rank: 0 }],
  ['exception.message', { kind: ERROR_TEXT, column: -1, rank: 0 }],
]);

const writtenByPeople = (key: string): boolean =>
  PROMPT_ATTRIBUTES.some((name) => (name.endsWith('.') ? key.startsWith(name) : key === name));

export function spanRole(key: string): Role {
  return SPAN_ROLES.get(key) ?? (writtenByPeople(key) ? WRITTEN_ROLE : NO_ROLE);
}

export function resourceRole(key: string): Role {
  return RESOURCE_ROLES.get(key) ?? NO_ROLE;
}

/** Events fill no columns, but prompts and users in them are protected like those of the span. */
export function eventRole(key: string): Role {
  const known = EVENT_ROLES.get(key);
  if (known) return known;
  const role = spanRole(key);
  const kept =
    role.kind === USER || role.kind === PROMPT || role.kind === NEGATIVE_PROMPT || role.kind === WORKFLOW;
  return kept
    ? { kind: role.kind === USER ? USER : WRITTEN, column: -1, rank: 0 }
    : role.kind === WRITTEN
      ? role
      : NO_ROLE;
}
