import { ALPHA, LEAST_EFFECT } from '@pegbar/stats';
import { fail, ok } from '../../base/result.ts';
import {
  type ColumnResult,
  columnReport,
  compareSketches,
  openTable,
  readSketches,
  type Sketches,
  type Table,
  wordsOf,
} from '../../drift-compare/index.ts';
import { choice, command, EXIT, flag, type One, text, texts } from '../command.ts';
import { wrongUsage } from '../failure.ts';
import { FORMATS } from '../terminal/output.ts';
import { plain } from '../terminal/table.ts';
import { count, significant } from '../terminal/units.ts';

const KINDS = ['numeric', 'categorical', 'tokens'] as const;
const LEAST_EFFECT_MOST = 10;

const leastEffect: One<number> = {
  kind: 'one',
  value: 'PSI',
  help: `smallest change that matters, as debiased PSI (${LEAST_EFFECT})`,
  read: (raw) => {
    const value = Number(raw);
    return raw.trim() !== '' && value > 0 && value <= LEAST_EFFECT_MOST
      ? ok(value)
      : fail(`say a number above 0, at most ${LEAST_EFFECT_MOST}`);
  },
};

export const driftCompare = command({
  name: 'drift compare',
  summary: 'Compare two files; needs no server.',
  details:
    'CSV, NDJSON (both also gzipped) or Parquet. An empty field is missing, `inf` is infinite. Drift is said only where ' +
    'it is sure (after correction for the number of columns) and as large as --least-effect, or what carries as ' +
    'much: missing values, new categories, tails. Exit status: 0 no drift, 1 drift, 4 not enough data, 2 wrong usage ' +
    'or input.',
  options: {
    reference: { ...text('FILE', 'what was'), required: true },
    current: { ...text('FILE', 'what is'), required: true },
    column: texts('NAME', 'column to compare (repeatable; all)'),
    kind: choice(KINDS, 'what the columns hold; found out where it is not said, except tokens'),
    'group-by': text('NAME', 'column of the independent unit, a session say: its rows count together'),
    'segment-by': text(
      'NAME',
      'column of segments: the verdict is about change inside them, not of their mix',
    ),
    time: text('NAME', 'column of times: hours of the week are compared with the same hours'),
    'least-effect': leastEffect,
    json: flag('one JSON document on stdout'),
    format: choice(FORMATS, 'how rows are written (table)'),
  },
  client: false,
  examples: [
    {
      line: 'pegbar drift compare --reference last.csv --current this.csv',
      says: 'in CI: did anything drift?',
    },
    {
      line: 'pegbar drift compare --reference a.parquet --current b.parquet --column latency_ms --time timestamp --json',
      says: 'weekday and hour matched, for a script',
    },
    {
      line: 'pegbar drift compare --reference a.ndjson --current b.ndjson --column prompt --kind tokens --group-by session',
      says: 'words of prompts, sessions as the unit',
    },
  ],
  async run(context) {
    const { values, out } = context;
    const reference = await openTable(values.reference);
    if (!reference.ok) return wrongUsage(context, plain(reference.error));
    const current = await openTable(values.current);
    if (!current.ok) return wrongUsage(context, plain(current.error));
    const sketches = await readSketches(reference.value, current.value, {
      columns: values.column,
      kind: values.kind,
      groupBy: values['group-by'],
      segmentBy: values['segment-by'],
      time: values.time,
    });
    if (!sketches.ok) return wrongUsage(context, plain(sketches.error));
    const results = compareSketches(sketches.value, {
      alpha: ALPHA,
      leastEffect: values['least-effect'] ?? LEAST_EFFECT,
    });
    await out.rows(COLUMNS, results.map(rowOf), { columns: results.map(columnReport) });
    for (const note of notesOf(sketches.value, reference.value, current.value)) out.say(plain(note));
    return exitOf(results);
  },
});

/** Names of columns in one note; files can have thousands. */
const NAMED_MOST = 20;

/** What the verdicts do not say of the files: said, so that "no drift" is not read into what was never compared. */
function notesOf(sketches: Sketches, before: Table, now: Table): string[] {
  const [{ name: reference, isDeclared }, { name: current }] = [before, now];
  const { times, rows, only, columns, sharedSegments } = sketches;
  const named = (names: readonly string[]): string =>
    names.length > NAMED_MOST
      ? `${names.slice(0, NAMED_MOST).join(', ')} and ${count(names.length - NAMED_MOST)} more`
      : names.join(', ');
  const unlike = columns.filter(({ isUnlike }) => isUnlike).map(({ name }) => name);
  const strays = columns.flatMap(({ name, strays: found }) => (found ? [{ name, ...found }] : []));
  return [
    ...(times.length > 0 ? [`left out, as they hold times: ${named(times)}`] : []),
    ...(only.reference.length > 0 ? [`only in ${reference}: ${named(only.reference)}`] : []),
    ...(only.current.length > 0
      ? [`only in ${current}${isDeclared ? ', with nothing to compare' : ''}: ${named(only.current)}`]
      : []),
    ...strays
      .slice(0, NAMED_MOST)
      .map(
        ({ name, count: words, of, examples }) =>
          `${name}: ${count(words)} of ${count(of)} values are no numbers and count as missing: ${examples.join(', ')}`,
      ),
    ...(unlike.length > 0
      ? [
          `nearly every value is another, so that drift cannot be seen (texts: --kind tokens): ${named(unlike)}`,
        ]
      : []),
    ...(sharedSegments === 0 ? ['no segment stands in both files: there is nothing to compare inside'] : []),
    ...(rows.reference === 0 ? [`${reference} has no rows`] : []),
    ...(rows.current === 0 ? [`${current} has no rows`] : []),
  ];
}

/** Drift anywhere wins; "not enough data" only where nothing could be decided. */
function exitOf(results: readonly ColumnResult[]): number {
  const verdicts = results.map(({ judgement }) => judgement.verdict);
  if (verdicts.includes('drift')) return EXIT.finding;
  return verdicts.every((verdict) => verdict === 'insufficient_data') ? EXIT.undecided : EXIT.ok;
}

const number = (value: unknown): string => significant(value as number);

const COLUMNS = [
  { name: 'column', title: 'column' },
  { name: 'verdict', title: 'verdict', whole: true },
  { name: 'change', title: 'what changed' },
  { name: 'shift', title: 'shift', align: 'right' },
  { name: 'psi_debiased', title: 'PSI debiased', align: 'right', show: number },
  { name: 'p', title: 'p', align: 'right', show: (p: unknown) => Number(p).toPrecision(2) },
  { name: 'n_ref', title: 'n before', align: 'right', show: (n: unknown) => count(n as number) },
  { name: 'n_cur', title: 'n now', align: 'right', show: (n: unknown) => count(n as number) },
] as const;

function rowOf(result: ColumnResult): Record<string, unknown> {
  const { verdict, change } = wordsOf(result);
  const { column, shift, unit, psi_debiased, p, n_ref, n_cur } = columnReport(result);
  const sign = shift !== null && shift > 0 ? '+' : '';
  const told =
    shift === null
      ? ''
      : result.kind === 'numeric'
        ? `${sign}${significant(shift)}${unit ? ` ${unit}` : ''}`
        : `${sign}${significant(shift * 100)} points`;
  return { column, verdict, change, shift: told, psi_debiased, p, n_ref, n_cur };
}
