/** The reference pages under docs/reference. */
import { ATTRIBUTES, PROMPT_ATTRIBUTES, SEMCONV_VERSION } from '../attributes.ts';
import { ERRORS } from '../errors.ts';
import { type AnyKind, isRequired, type Members } from '../fields.ts';
import { KPIS, type Kpi } from '../kpis.ts';
import { FLAT_NAMES } from '../parse.ts';
import { RECORDS } from '../records.ts';
import { ROLLUP_METRICS } from '../rollup-metrics.ts';
import { TABLES, tableOf } from '../tables.ts';
import { RECORD_TYPES } from '../vocabulary.ts';
import { code, page, table } from './format.ts';

const FORMS: Readonly<Record<AnyKind['form'], string>> = {
  text: 'text',
  hex16: '16 hexadecimal digits',
  hex32: '32 hexadecimal digits',
  enum: '',
  number: 'number',
  integer: 'whole number',
  score: 'number, true or false',
  boolean: 'true or false',
  seed: 'whole number or text, 0 to 2^64-1',
  time: 'RFC 3339 or epoch milliseconds',
  list: 'list of text',
  vector: 'list of numbers',
  count_or_list: 'whole number or list of text',
  loras: 'list of ids, `id:weight` or `{id, weight}`',
  resolution: '`768x768` or `{width, height}`',
  object: 'object',
};

function formOf(kind: AnyKind): string {
  if (kind.values !== undefined) return kind.values.map(code).join(' · ');
  const form = FORMS[kind.form];
  return kind.short === undefined ? form : `${form}, or the text of \`${kind.short}\``;
}

/** Fields of a group follow it under their dotted names. */
function fieldRows(members: Members, prefix = ''): string[][] {
  return Object.entries(members).flatMap(([name, kind]) => [
    [code(prefix + name), formOf(kind), kind.unit, isRequired(kind) ? 'yes' : '', kind.doc],
    ...(kind.members === undefined ? [] : fieldRows(kind.members, `${prefix}${name}.`)),
  ]);
}

const FIELD_HEAD = ['field', 'takes', 'unit', 'required', 'meaning'];

export function recordsPage(): string {
  const commonNames = new Set(
    Object.keys(RECORDS.queue).filter((name) => name in RECORDS.stage && name in RECORDS.io),
  );
  const only = (members: Members): Members =>
    Object.fromEntries(Object.entries(members).filter(([name]) => !commonNames.has(name)));
  const common = Object.fromEntries(
    Object.entries<AnyKind>(RECORDS.io).filter(([name]) => commonNames.has(name)),
  );
  return page(
    'Records',
    'One JSON object per line (`POST /api/v1/events`, `pegbar import events`). `type` says which record it is; without it a line is a `stage`. `null` and empty text are read as not said. Unknown fields are kept as text in `attributes`, nested ones under dotted keys.',
    '## Common to all',
    table(FIELD_HEAD, [
      ['`type`', RECORD_TYPES.map(code).join(' · '), '', '', 'Type of the record.'],
      ...fieldRows(common),
      ['`attributes`', 'object', '', '', 'Free attributes.'],
    ]),
    ...RECORD_TYPES.flatMap((type) => [
      `## ${code(type)}`,
      ...(NOTES[type] === undefined ? [] : [NOTES[type]]),
      table(FIELD_HEAD, fieldRows(only(RECORDS[type]))),
    ]),
    '## Flat names',
    'These names at the top of a record are read as the field beside them. Where both are said, the field wins and the other is kept in `attributes`.',
    table(
      ['name', 'field'],
      [
        ...Object.entries(FLAT_NAMES).map(([name, place]) => [code(name), code(place.join('.'))]),
        ['`width`, `height`', '`params.resolution`'],
      ].filter(([name]) => name !== '`width`' && name !== '`height`'),
    ),
  );
}

const NOTES: Readonly<Partial<Record<string, string>>> = {
  stage:
    'The reference event: one per finished stage. It needs `request_id`, or `trace_id` in its place, and one of `pipeline_stage`, `boundary`, `outcome`.',
  boundary: 'It needs `request_id`, or `trace_id` in its place.',
  score: 'It needs `image_id` or `request_id`, and `value` or `label`. It counts at the time of the picture.',
  feedback: 'It needs `image_id` or `request_id`. It counts at the time of the picture.',
  deployment: '`version` is needed except for `planned_load`.',
};

export function attributesPage(): string {
  const docs = new Map(tableOf('spans').columns.map((column) => [column.name, column.doc]));
  return page(
    'OpenTelemetry attributes',
    `Names follow the semantic conventions ${SEMCONV_VERSION} where they have one. One rule for traces, metrics and logs: an attribute on an item (span, metric point, log record) or on its resource fills the column beside it, if the table of that signal has the column. The item wins over the resource; of several names the first one wins; what fills no column is kept as it is, on items in \`attributes\`, on resources in \`resource\`.`,
    table(
      ['column', 'attribute', 'also taken', 'kind', 'where', 'meaning'],
      ATTRIBUTES.map(({ column, kind, names: [canonical, ...aliases], levels }) => [
        code(column),
        code(canonical),
        aliases.map(code).join(', '),
        kind,
        levels.join(', '),
        docs.get(column) ?? '',
      ]),
    ),
    '## Attributes under the prompt policy',
    `Beside the columns of kind \`prompt\`, these are treated as prompts (a name that ends in a dot stands for all under it): ${PROMPT_ATTRIBUTES.map(code).join(', ')}.`,
  );
}

export function kpisPage(): string {
  return page(
    'KPIs',
    'Cancelled, rejected and pending requests are in no denominator. Stage figures count at the end of the stage, outcomes at the terminal event, scores and feedback at the time of the picture. Where there is nothing to say the value is `null`.',
    table(
      ['KPI', 'title', 'unit', 'better', 'formula'],
      KPIS.map((kpi: Kpi) => [code(kpi.name), kpi.title, kpi.unit, kpi.better, kpi.formula]),
    ),
    '## Rollup metrics',
    'What the rollups count; the KPIs are computed from these.',
    table(
      ['metric', 'unit', 'kind', 'of', 'meaning'],
      ROLLUP_METRICS.map(({ name, unit, kind, of, doc }) => [code(name), unit, kind, of, doc]),
    ),
  );
}

export function errorsPage(): string {
  return page(
    'Errors',
    'Every error answer is `{"error":{"code","message","field?","hint?"}}`; a rejected line carries the same codes. `message` says what is wrong with this request, the table what the code means and what to do.',
    table(
      ['code', 'HTTP', 'gRPC', 'meaning', 'what to do'],
      Object.entries(ERRORS).map(([name, { http, grpc, meaning, cure }]) => [
        code(name),
        String(http),
        String(grpc),
        meaning,
        cure,
      ]),
    ),
  );
}

export function columnsPage(): string {
  return page(
    'Tables and columns',
    'The tables of the store. SQL reads the published views, which carry these names.',
    ...TABLES.flatMap(({ name, doc, orderBy, columns }) => [
      `## ${code(name)}`,
      `${doc} Order: ${orderBy.map(code).join(', ')}.`,
      table(
        ['column', 'type', 'meaning'],
        columns.map((column) => [code(column.name), code(column.type), column.doc]),
      ),
    ]),
  );
}
