/**
 * Filters as people write them, and the SQL that they mean.
 *
 * `field=value`, `!=`, `>`, `>=`, `<`, `<=`, `~` (contains, whatever the case), `field in a,b`. A field is one of the
 * table that the caller passes, or `attributes.KEY`. Nothing of the text reaches the SQL: fields stand for
 * expressions of ours, values and keys are bound parameters.
 */
import { columnOf } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type ExploreError, refused } from './failure.ts';
import { nearest } from './nearest.ts';

export type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~' | 'in';

export interface Condition {
  field: string;
  op: Operator;
  /** One value, or several with `in`. */
  values: readonly string[];
}

/**
 * How values are compared. `hex` is an id stored as bytes, of so many digits, or as a `number` (a keyed hash); `flag` is 0 not told, 1 no, 2 yes;
 * `list` matches where any element does; without a value, where there is none.
 */
export type FieldKind = 'text' | 'number' | 'uint64' | 'flag' | 'list' | { hex: number; number?: true };

export interface Field {
  /** Over the columns of the query that it is used in. */
  sql: string;
  kind: FieldKind;
  /** Of what is told in another table: the comparison of `sql` there as a condition here. */
  within?: (comparison: string) => string;
}

export type Fields = Readonly<Record<string, Field>>;

export interface Where {
  /** Conditions joined by AND; `1` where there are none. */
  sql: string;
  params: Record<string, unknown>;
}

/** Beyond these a filter is a program. */
const FILTERS_MOST = 32;
const VALUES_MOST = 1_000;
const FILTER_LENGTH_MOST = 16_384;

const FILTER =
  /^\s*(attributes\.[^=!<>~]+?|[\w.-]+)(?:\s*(!=|>=|<=|=|>|<|~)\s*([\s\S]*)|\s+in\s+([\s\S]+))$/i;

/** The conditions of some `filter` parameters. */
export function parseFilters(texts: readonly string[]): Result<Condition[], ExploreError> {
  if (texts.length > FILTERS_MOST)
    return refused('invalid_request', `more than ${FILTERS_MOST} filters`, { field: 'filter' });
  const out: Condition[] = [];
  for (const text of texts) {
    const parsed = parseFilter(text);
    if (!parsed.ok) return parsed;
    out.push(parsed.value);
  }
  return ok(out);
}

function parseFilter(text: string): Result<Condition, ExploreError> {
  const shown = JSON.stringify(text.slice(0, 120));
  const parts = text.length > FILTER_LENGTH_MOST ? null : FILTER.exec(text);
  if (parts === null)
    return refused('invalid_request', `${shown} is not a filter`, {
      field: 'filter',
      hint: 'Write field=value, !=, >, >=, <, <=, ~ (contains) or `field in a,b`.',
    });
  const field = parts[1]!.trim();
  if (parts[4] === undefined)
    return ok({ field, op: parts[2] as Operator, values: [(parts[3] ?? '').trim()] });
  const values = parts[4].split(',').map((value) => value.trim());
  if (values.length > VALUES_MOST)
    return refused('invalid_request', `${field}: more than ${VALUES_MOST} values`, { field: 'filter' });
  return ok({ field, op: 'in', values });
}

/** SQL of conditions over a table of fields. `prefix` keeps the parameters of two wheres in one query apart. */
export function whereOf(
  conditions: readonly Condition[],
  fields: Fields,
  prefix = 'f',
): Result<Where, ExploreError> {
  const parts: string[] = [];
  const params: Record<string, unknown> = {};
  for (const [index, condition] of conditions.entries()) {
    const found = fieldNamed(condition.field, fields, `${prefix}${index}`, params);
    if (!found.ok) return found;
    const sql = conditionSql(condition, found.value, `${prefix}${index}`, params);
    if (!sql.ok) return sql;
    parts.push(`(${found.value.within ? found.value.within(sql.value) : sql.value})`);
  }
  return ok({ sql: parts.length === 0 ? '1' : parts.join(' AND '), params });
}

const ATTRIBUTE = 'attributes.';

/** The field of that name, with the key of an attribute bound as a parameter; `parameter` is where it was asked. */
export function fieldNamed(
  name: string,
  fields: Fields,
  param: string,
  params: Record<string, unknown>,
  parameter = 'filter',
): Result<Field, ExploreError> {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (known && name !== 'attributes') return ok(known);
  const told = columnTold(name, fields);
  if (told) return ok(told);
  const map = Object.hasOwn(fields, 'attributes') ? fields.attributes : undefined;
  if (map && name.startsWith(ATTRIBUTE)) {
    params[`${param}key`] = name.slice(ATTRIBUTE.length);
    return ok({ sql: `${map.sql}[{${param}key:String}]`, kind: 'text' });
  }
  const names = Object.keys(fields).filter((one) => one !== 'attributes');
  const near = nearest(name, names);
  const others = map ? [...names, 'attributes.KEY'] : names;
  return refused('invalid_request', `there is no field ${name.slice(0, 120)} here`, {
    field: parameter,
    hint: near ? `Did you mean ${near}?` : `Fields: ${others.join(', ')}.`,
  });
}

/** The column that an attribute fills, by any name it is sent under: `session.id`, `attributes.session.id`. */
function columnTold(name: string, fields: Fields): Field | undefined {
  const sent = name.startsWith(ATTRIBUTE) ? name.slice(ATTRIBUTE.length) : name;
  const column = columnOf(sent, 'span');
  return column !== undefined && Object.hasOwn(fields, column) ? fields[column] : undefined;
}

function conditionSql(
  { field, op, values }: Condition,
  { sql, kind }: Field,
  param: string,
  params: Record<string, unknown>,
): Result<string, ExploreError> {
  const read = values.map((value) => readValue(field, kind, value));
  for (const one of read) if (!one.ok) return one;
  const bound = read.map((one) => (one as { ok: true; value: unknown }).value);
  const type = typeOf(kind);
  const ordered = op === '>' || op === '>=' || op === '<' || op === '<=';
  if (ordered && kind !== 'number' && kind !== 'uint64')
    return refused('invalid_request', `${field} is no number: ${op} does not apply`, { field: 'filter' });
  if (op === '~') return contains(field, kind, sql, param, values[0]!, params);
  if (op === 'in') params[param] = bound;
  else params[param] = bound[0];
  const one = valueSql(kind, `{${param}:${type}}`);
  if (kind === 'list') {
    if (op !== 'in' && values[0] === '') return ok(`${op === '!=' ? 'notEmpty' : 'empty'}(${sql})`);
    if (op === 'in') return ok(`hasAny(${sql}, {${param}:Array(String)})`);
    return ok(`${op === '!=' ? 'NOT ' : ''}has(${sql}, ${one})`);
  }
  if (op !== 'in') return ok(`${sql} ${op} ${one}`);
  const list = `{${param}:Array(${type})}`;
  return ok(
    `${sql} IN ${typeof kind === 'object' ? `arrayMap(x -> ${valueSql(kind, 'x')}, ${list})` : list}`,
  );
}

function contains(
  field: string,
  kind: FieldKind,
  sql: string,
  param: string,
  value: string,
  params: Record<string, unknown>,
): Result<string, ExploreError> {
  params[param] = value;
  const match = (text: string): string => `positionCaseInsensitiveUTF8(${text}, {${param}:String}) > 0`;
  if (kind === 'text') return ok(match(sql));
  if (kind === 'list') return ok(`arrayExists(x -> ${match('x')}, ${sql})`);
  return refused('invalid_request', `${field} is no text: ~ does not apply`, { field: 'filter' });
}

const typeOf = (kind: FieldKind): string => {
  if (kind === 'number') return 'Float64';
  if (kind === 'uint64') return 'UInt64';
  return kind === 'flag' ? 'UInt8' : 'String';
};

/** `unhex` of a bound value, as wide as the column. */
const valueSql = (kind: FieldKind, value: string): string =>
  typeof kind !== 'object'
    ? value
    : kind.number
      ? `reinterpretAsUInt64(reverse(unhex(${value})))`
      : `toFixedString(unhex(${value}), ${kind.hex / 2})`;

function readValue(field: string, kind: FieldKind, value: string): Result<unknown, ExploreError> {
  const wrong = (what: string): { ok: false; error: ExploreError } =>
    refused('invalid_request', `${field}: ${JSON.stringify(value.slice(0, 120))} is not ${what}`, {
      field: 'filter',
    });
  if (typeof kind === 'object') {
    const id = value.toLowerCase();
    return new RegExp(`^[0-9a-f]{${kind.hex}}$`).test(id) ? ok(id) : wrong(`${kind.hex} hexadecimal digits`);
  }
  switch (kind) {
    case 'number': {
      const number = Number(value);
      return value !== '' && Number.isFinite(number) ? ok(number) : wrong('a number');
    }
    case 'uint64':
      return /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n ? ok(value) : wrong('a whole number');
    case 'flag': {
      const word = value.toLowerCase();
      if (word === 'true' || word === 'yes' || word === '1') return ok(2);
      return word === 'false' || word === 'no' || word === '0' ? ok(1) : wrong('true or false');
    }
    default:
      return ok(value);
  }
}

/** Whether a text satisfies a condition on it: what `whereOf` says in SQL for fields of kind `text`. */
export function matchesText({ op, values }: Condition, text: string): boolean {
  switch (op) {
    case '=':
      return text === values[0];
    case '!=':
      return text !== values[0];
    case 'in':
      return values.includes(text);
    case '~':
      return text.toLowerCase().includes(values[0]!.toLowerCase());
    default:
      return false;
  }
}
