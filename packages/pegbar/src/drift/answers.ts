/** The two questions of the API: one metric by segment, and everything that drifted. */

import { ok, type Result } from '../base/result.ts';
import { type Asking, type Condition, type ExploreError, matchesText, refused } from '../explore/index.ts';
import { DIMENSIONS } from '../rollups/index.ts';
import type { Excluded } from './changes.ts';
import { isKeptBy } from './content/read.ts';
import { type Judged, judgeFamily, type TestOptions, testSeries } from './engine.ts';
import { examplesOf } from './examples.ts';
import { groupFindings, sizeOf } from './findings.ts';
import { DRIFT_METRIC_NAMES, metricNamed } from './metrics.ts';
import { readSeries } from './read.ts';
import type { Series } from './series.ts';
import { type DriftDeps, readBeside, readMarks, type SweepQuestion, sweep, testReleases } from './sweep.ts';
import { tellSeries, type Why } from './tell.ts';
import { whyOf } from './why.ts';
import { type Baseline, baselineText, instant, referenceWindow, type Window } from './windows.ts';
import { segmentWords } from './words.ts';

export interface DriftQuestion extends Omit<SweepQuestion, 'metrics'> {
  readonly metric: string;
  readonly by: readonly string[];
  readonly conditions: readonly Condition[];
}

const SEGMENTS: readonly string[] = ['tenant', ...DIMENSIONS, 'collection', 'pipeline_stage'];
/** Series of one answer. */
const TOLD_MOST = 500;
export const FINDINGS_MOST = 50;

type Answer = Record<string, unknown>;

export interface Drifts {
  readonly judged: readonly Judged[];
  readonly excluded: readonly Excluded[];
  readonly reference: Window;
  whyOf(one: Judged): Why;
}

/** One metric, by segment, against a baseline: tested and judged, not yet told. */
export async function driftOf(
  deps: DriftDeps,
  asking: Asking,
  question: DriftQuestion,
): Promise<Result<Drifts, ExploreError>> {
  const metric = metricNamed(question.metric);
  if (!metric)
    return refused('invalid_request', `there is no metric ${question.metric.slice(0, 80)}`, {
      field: 'metric',
      hint: `Metrics: ${DRIFT_METRIC_NAMES.join(', ')}.`,
    });
  const grouping = groupingOf({ ...question, by: divisionOf(question) });
  if (!grouping.ok) return grouping;
  const { current, baseline, options = {} } = question;
  const reference = referenceWindow(baseline, current);
  const [marks, read] = await Promise.all([
    readMarks(deps, asking, question, reference),
    readSeries(deps.rollups, asking, {
      metrics: [metric],
      groupings: [grouping.value],
      windows: [reference, current],
      // A filter chooses the versions that are judged; what they are judged against is another version.
      ...(baseline.kind === 'release' ? {} : { only: onlyOf(question.conditions) }),
    }),
  ]);
  if (!marks.ok) return marks;
  if (!read.ok) return read;
  const { deployed, excluded } = marks.value;
  const isAsked = ({ segment }: Series): boolean =>
    question.conditions.every((one) => matchesText(one, segment[one.field] ?? ''));
  const family: TestOptions = { ...options, excluded };
  const tested =
    baseline.kind === 'release'
      ? testReleases(read.value, deployed, { reference, current, baseline }, family).filter(({ series }) =>
          isAsked(series),
        )
      : read.value.filter(isAsked).map((series) => testSeries(series, reference, current, family));
  const judged = judgeFamily(tested, family);
  const beside = await readBeside(deps, asking, { current, reference, deployed }, judged);
  if (!beside.ok) return beside;
  const context = { deployed, beside: beside.value, current, reference };
  return ok({ judged, excluded, reference, whyOf: (one) => whyOf(one, context) });
}

/** What the filters leave to be read. */
const onlyOf = (conditions: readonly Condition[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    conditions
      .filter(({ op, field }) => (op === '=' || op === 'in') && field !== 'pipeline_stage')
      .map(({ field, values }) => [field, values.map(String)]),
  );

/** The same as the API tells it, largest change first. */
export async function askDrift(
  deps: DriftDeps,
  asking: Asking,
  question: DriftQuestion,
): Promise<Result<Answer, ExploreError>> {
  const found = await driftOf(deps, asking, question);
  if (!found.ok) return found;
  const { judged, excluded, reference, whyOf: why } = found.value;
  const { current } = question;
  const series = await Promise.all(
    [...judged]
      .sort((a, b) => sizeOf(b) - sizeOf(a))
      .slice(0, TOLD_MOST)
      .map(async (one) => {
        if (one.verdict !== 'drift') return tellSeries(one, null);
        const cause = why(one);
        const windows = { current, reference, change: cause.change };
        return { ...tellSeries(one, cause), examples: await examplesOf(deps, asking, one, windows) };
      }),
  );
  return ok({
    ...head(question, reference, excluded),
    metric: question.metric,
    by: question.by,
    verdict: overall(judged),
    tested: judged.length,
    series,
  });
}

/** Drift anywhere wins; not enough data only where nothing could be decided. */
export function overall(judged: readonly Judged[]): string {
  if (judged.some(({ verdict }) => verdict === 'drift')) return 'drift';
  return judged.every(({ verdict }) => verdict === 'insufficient_data') ? 'insufficient_data' : 'no_drift';
}

/** Against the version before, a version is what is compared: it is asked for with whatever was asked. */
export const divisionOf = ({
  by,
  baseline,
}: {
  readonly by: readonly string[];
  readonly baseline: Baseline;
}): readonly string[] =>
  baseline.kind !== 'release' || by.includes('model_version') ? by : [...by, 'model_version'];

export function groupingOf({ by, conditions, metric }: Pick<DriftQuestion, 'by' | 'conditions' | 'metric'>) {
  const names = [...new Set([...by, ...conditions.map(({ field }) => field)])];
  const wrong = names.find((name) => !SEGMENTS.includes(name));
  if (wrong !== undefined)
    return refused('invalid_request', `there is no segment ${wrong.slice(0, 80)}`, {
      field: by.includes(wrong) ? 'by' : 'filter',
      hint: `Segments: ${SEGMENTS.join(', ')}.`,
    });
  const unordered = conditions.find(({ op }) => !['=', '!=', 'in', '~'].includes(op));
  if (unordered)
    return refused('invalid_request', `${unordered.field} is a name: compare with =, !=, in or ~`, {
      field: 'filter',
    });
  const stages = names.includes('pipeline_stage');
  if (stages && !metricNamed(metric)?.byStage)
    return refused('invalid_request', `${metric} is not known by stage`, { field: 'by' });
  const dims = names.filter((name) => name !== 'tenant' && name !== 'pipeline_stage');
  if (dims.length > 1)
    return refused('invalid_request', `${dims.join(' and ')} are not kept together`, {
      field: 'by',
      hint: 'Take tenant and one other dimension; stages may be added.',
    });
  const asked = metricNamed(metric);
  const lacking = asked && dims.find((name) => !isKeptBy(asked, name));
  if (lacking !== undefined)
    return refused('invalid_request', `${metric} is not kept by ${lacking}`, { field: 'by' });
  // Where the question names no dimension, workloads are the parts: their mix is told apart from change inside them.
  const stored = dims.length === 1 ? dims : ['workload'];
  const keys = ['tenant', ...stored, ...(stages ? ['pipeline_stage'] : [])];
  return ok({ dims: stored, by: keys, segment: keys.filter((name) => names.includes(name)), stages });
}

function head(
  { current, baseline, options }: Pick<SweepQuestion, 'current' | 'baseline' | 'options'>,
  reference: Window,
  excluded: readonly (Window & { why: string })[],
): Answer {
  const windows = new Map(excluded.map((one) => [`${one.from_ms} ${one.to_ms} ${one.why}`, one]));
  return {
    from: instant(current.from_ms),
    to: instant(current.to_ms),
    baseline: {
      kind: baseline.kind,
      asked: baselineText(baseline),
      from: instant(reference.from_ms),
      to: instant(reference.to_ms),
      matched: 'hour_of_week',
      excluded: [...windows.values()]
        .filter(({ to_ms }) => to_ms > reference.from_ms)
        .map(({ from_ms, to_ms, why }) => ({ from: instant(from_ms), to: instant(to_ms), why })),
    },
    alpha: options?.alpha ?? ALPHA_USUAL,
  };
}
const ALPHA_USUAL = 0.05;

/** Everything that drifted, the worst first, and what was looked at. */
export async function askFindings(
  deps: DriftDeps,
  asking: Asking,
  question: SweepQuestion & { limit: number },
): Promise<Result<Answer, ExploreError>> {
  const swept = await sweep(deps, asking, question);
  if (!swept.ok) return swept;
  const { judged, excluded, reference } = swept.value;
  const { current } = question;
  const findings = groupFindings(judged, swept.value.whyOf, current.to_ms);
  const count = (verdict: Judged['verdict']): number =>
    judged.filter((one) => one.verdict === verdict).length;
  const told = await Promise.all(
    findings.slice(0, question.limit).map(async ({ one: main, why, also }) => ({
      ...tellSeries(main, why),
      title: `${segmentWords(main.series.segment)}: ${String(tellSeries(main, null).words)}`,
      also: also.map(({ one }) => tellSeries(one, null)),
      examples: await examplesOf(deps, asking, main, { current, reference, change: why.change }),
    })),
  );
  return ok({
    ...head(question, reference, excluded),
    looked_at: {
      series: judged.length,
      metrics: [...new Set(judged.map(({ series }) => series.metric.name))],
      segments: new Set(judged.map(({ series }) => JSON.stringify(series.segment))).size,
      drift: count('drift'),
      no_drift: count('no_drift'),
      changed_but_small: count('changed_but_small'),
      insufficient_data: count('insufficient_data'),
    },
    total: findings.length,
    findings: told,
  });
}
