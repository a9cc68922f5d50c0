import { fail, ok } from '../../base/result.ts';
import { choice, command, EXIT, flag, type One, text, texts, words } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { FORMATS } from '../terminal/output.ts';
import { plain } from '../terminal/table.ts';
import { count, significant } from '../terminal/units.ts';
import { rangeOf, rangeOptions } from '../time-range.ts';

/** What the commands read of a series; the answer has more (docs/api.md). */
export interface DriftSeries {
  metric: string;
  segment: Record<string, string>;
  against: string | null;
  verdict: 'drift' | 'no_drift' | 'insufficient_data' | 'changed_but_small';
  /** `passing`: sure and large, and not in both halves of the window. */
  reason: string;
  words: string;
  p_adjusted: number;
  psi_debiased: number;
  n_ref: number;
  n_cur: number;
  since?: string | null;
  cause_words?: string;
}
interface DriftAnswer {
  from: string;
  to: string;
  baseline: { asked: string; from: string; to: string };
  verdict: 'drift' | 'no_drift' | 'insufficient_data';
  tested: number;
  series: DriftSeries[];
}

const DAY_MS = 86_400_000;

/** `28d`, `7d`, `release` or `FROM/TO`: the server reads it, so that a new baseline needs no new command line. */
export const baseline: One<string> = {
  kind: 'one',
  value: 'WHAT',
  help: '28d, 7d (days before, hours of the week matched), release, release:VERSION, or FROM/TO (28d)',
  read: (raw) =>
    raw.trim() === '' ? fail('say 28d, 7d, release, release:VERSION or FROM/TO') : ok(raw.trim()),
};

export const drift = command({
  name: 'drift',
  summary: 'Did a metric drift, in which segment, since when and why?',
  details:
    'Compares a window (the last 24 hours) with a baseline before it, hours of the week matched. Drift is said where it is ' +
    'sure after correction for all segments, as large as matters, and lasts. Exit status: 0 no drift, 1 drift, 4 not ' +
    'enough data, 2 wrong usage.',
  options: {
    metric: { ...text('NAME', 'prompt_tokens, latency_ms, style_distance, nsfw, …'), required: true },
    by: words('DIM[,DIM]', 'segment: tenant and one other dimension; pipeline_stage too'),
    filter: texts('FILTER', "segments to look at: 'tenant=mangatan' (repeatable)"),
    ...rangeOptions('24h'),
    baseline,
    exclude: texts('FROM/TO', 'window to leave out of the baseline (repeatable)'),
    json: flag('one JSON document on stdout'),
    format: choice(FORMATS, 'how rows are written (table)'),
  },
  examples: [
    {
      line: 'pegbar drift --metric prompt_tokens --by tenant --baseline 28d',
      says: 'do people ask for something else?',
    },
    {
      line: 'pegbar drift --metric face_ok --by model_version --baseline release',
      says: 'is v7 worse than v6?',
    },
    {
      line: 'pegbar drift --metric latency_ms --by workload,pipeline_stage --last 6h --json',
      says: 'for a script',
    },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const range = rangeOf(values, io.clock, DAY_MS);
    if (!range.ok) return wrongUsage(context, range.error);
    const answer = await client.json<DriftAnswer>('GET', '/api/v1/drift', {
      query: {
        metric: values.metric,
        by: values.by?.join(','),
        ...range.value,
        filter: values.filter,
        baseline: values.baseline,
        exclude: values.exclude,
      },
    });
    if (!answer.ok) return failed(out, answer.error);
    const { series, verdict, from, to, baseline: before } = answer.value;
    await out.rows(COLUMNS, series.map(rowOf), answer.value);
    out.say(plain(`${from} to ${to} against ${before.asked} (${before.from} to ${before.to})`));
    if (series.some(({ reason }) => reason === 'passing'))
      out.say(
        'not in both halves: sure and large, but one half of the window does not say it, or has too few to',
      );
    if (series.length === 0) out.say(plain(nothingWords(values)));
    for (const one of series.filter((each) => each.verdict === 'drift'))
      out.say(
        plain(
          `${segmentText(one)}: since ${one.since ?? 'an hour that cannot be told'}; likely cause: ${one.cause_words ?? 'none likely'}`,
        ),
      );
    return exitOf(verdict);
  },
});

/** Nothing was looked at: an empty table alone would look like an answer. */
function nothingWords(asked: {
  readonly filter: readonly string[];
  readonly baseline: string | undefined;
}): string {
  const besides = [
    ...asked.filter.map((one) => `--filter '${one}'`),
    ...(asked.baseline?.startsWith('release') ? [`--baseline ${asked.baseline}`] : []),
  ];
  return besides.length > 0
    ? `nothing in this window has this metric with ${besides.join(' and ')}: see whether they are written right`
    : 'nothing in this window has this metric';
}

export function exitOf(verdict: DriftAnswer['verdict']): number {
  if (verdict === 'drift') return EXIT.finding;
  return verdict === 'insufficient_data' ? EXIT.undecided : EXIT.ok;
}

/** `mangatan, single_image`; `everything`. */
export function segmentText({ segment, against }: Pick<DriftSeries, 'segment' | 'against'>): string {
  const place = Object.values(segment).join(', ') || 'everything';
  return against === null ? place : `${place} against ${against}`;
}

const VERDICTS: Readonly<Record<DriftSeries['verdict'], string>> = {
  drift: 'drift',
  no_drift: 'no drift',
  insufficient_data: 'not enough data',
  changed_but_small: 'changed, but small',
};

const COLUMNS = [
  { name: 'segment', title: 'segment', whole: true },
  {
    name: 'verdict',
    title: 'verdict',
    whole: true,
    show: (it: unknown) => VERDICTS[it as DriftSeries['verdict']],
  },
  { name: 'change', title: 'what changed' },
  {
    name: 'psi_debiased',
    title: 'PSI debiased',
    align: 'right',
    show: (psi: unknown) => significant(psi as number),
  },
  { name: 'p_adjusted', title: 'p', align: 'right', show: (p: unknown) => Number(p).toPrecision(2) },
  { name: 'n_ref', title: 'n before', align: 'right', show: (n: unknown) => count(n as number) },
  { name: 'n_cur', title: 'n now', align: 'right', show: (n: unknown) => count(n as number) },
] as const;

function rowOf(one: DriftSeries): Record<string, unknown> {
  const { verdict, reason, words, psi_debiased, p_adjusted, n_ref, n_cur } = one;
  // Beside "is 29 %, was 0 %" a bare "no drift" would not be believed.
  const change = reason === 'passing' ? `${words}; not in both halves` : words;
  return { segment: segmentText(one), verdict, change, psi_debiased, p_adjusted, n_ref, n_cur };
}
