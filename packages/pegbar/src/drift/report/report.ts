/** The daily drift and quality report: what drifted on a day, the key figures, what was deployed, what was looked at. */
import { ok, type Result } from '../../base/result.ts';
import { type Asking, type ExploreError, readKpis, refused } from '../../explore/index.ts';
import { askFindings } from '../answers.ts';
import { type Deployed, readDeployments } from '../changes.ts';
import { HOUR_MS } from '../series.ts';
import type { DriftDeps } from '../sweep.ts';
import { type Baseline, instant, type Window } from '../windows.ts';

const DAY_MS = 86_400_000;
const DAYS_OF_WEEK = 7;
/** Findings of a report: who needs more opens the page. */
const FINDINGS_MOST = 50;

/** A figure of the day beside the day before and the week before. */
export interface ReportFigure {
  readonly metric: string;
  readonly title: string;
  /** `share`, `ms`, `usd`, `count`, or '' for a bare number. */
  readonly unit: string;
  readonly better: 'up' | 'down' | 'neither';
  readonly now: number | null;
  readonly day_before: number | null;
  /** Over the seven days before; of counts per day. */
  readonly week_before: number | null;
  readonly n: number;
}

export interface ReportSeries {
  readonly metric: string;
  readonly segment: Readonly<Record<string, string>>;
  readonly against: string | null;
  readonly words: string;
  readonly unit: string;
  readonly now: number | null;
  readonly before: number | null;
  readonly shift: number | null;
  readonly shift_interval: readonly [number, number] | null;
  readonly better: boolean | null;
  readonly p_adjusted: number;
  readonly n_cur: number;
  readonly since?: string | null;
  readonly cause_words?: string;
  readonly last_good_version?: string | null;
}
export interface ReportFinding extends ReportSeries {
  readonly title: string;
  readonly also: readonly ReportSeries[];
}
export interface ReportDeployment {
  readonly timestamp: string;
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly version: string | null;
  /** Of whom: a release for several tenants is told once. */
  readonly tenants: readonly string[];
}

export interface DriftReport {
  /** UTC, `2026-03-01`. */
  readonly day: string;
  /** The day is not over. */
  readonly partial: boolean;
  readonly from: string;
  readonly to: string;
  readonly baseline: {
    readonly asked: string;
    readonly from: string;
    readonly to: string;
    readonly excluded: readonly { readonly from: string; readonly to: string; readonly why: string }[];
  };
  readonly alpha: number;
  readonly looked_at: {
    readonly series: number;
    readonly metrics: readonly string[];
    readonly segments: number;
    readonly drift: number;
    readonly no_drift: number;
    readonly changed_but_small: number;
    readonly insufficient_data: number;
  };
  readonly total: number;
  readonly findings: readonly ReportFinding[];
  readonly figures: readonly ReportFigure[];
  readonly deployments: readonly ReportDeployment[];
}

const FIGURES = [
  ['requests', 'Requests', 'count', 'neither'],
  ['images', 'Pictures', 'count', 'neither'],
  ['error_rate', 'Requests that failed', 'share', 'down'],
  ['latency_p95_ms', 'Latency p95', 'ms', 'down'],
  ['acceptance_rate', 'Pictures accepted', 'share', 'up'],
  ['face_ok_rate', 'Faces accepted', 'share', 'up'],
  ['aesthetic_mean', 'Aesthetic score', '', 'up'],
  ['clip_i_mean', 'CLIP-I', '', 'up'],
  ['style_distance_mean', 'Style distance', '', 'down'],
  ['nsfw_rate', 'Pictures flagged NSFW', 'share', 'down'],
  ['cost_per_1k_images_usd', 'Cost of 1,000 pictures', 'usd', 'down'],
] as const;

/** `2026-03-01`, `yesterday` or `today`, as the start of that day, UTC. Not a day to come. */
export function readDay(text: string | null, now_ms: number): Result<number, ExploreError> {
  const today = Math.floor(now_ms / DAY_MS) * DAY_MS;
  const asked = (text ?? '').trim();
  if (asked === '' || asked === 'yesterday') return ok(today - DAY_MS);
  if (asked === 'today') return ok(today);
  const ms = /^\d{4}-\d\d-\d\d$/.test(asked) ? Date.parse(`${asked}T00:00:00Z`) : Number.NaN;
  // 31 February is read as a day of March.
  const isDay = Number.isFinite(ms) && instant(ms).startsWith(asked);
  if (isDay && ms <= today) return ok(ms);
  return refused('invalid_request', `${JSON.stringify(asked.slice(0, 40))} is no day that has been`, {
    field: 'day',
    hint: 'Write 2026-03-01 (UTC), yesterday or today.',
  });
}

export async function reportOf(
  deps: DriftDeps,
  asking: Asking,
  { day_ms, baseline }: { day_ms: number; baseline: Baseline },
): Promise<Result<DriftReport, ExploreError>> {
  const over_ms = day_ms + DAY_MS;
  const to_ms = Math.min(over_ms, Math.ceil(deps.clock.now() / HOUR_MS) * HOUR_MS);
  const current: Window = { from_ms: day_ms, to_ms: Math.max(to_ms, day_ms + HOUR_MS) };
  const [answer, figures, deployed] = await Promise.all([
    askFindings(deps, asking, { current, baseline, excluded: [], limit: FINDINGS_MOST }),
    figuresOf(deps, asking, current),
    readDeployments(deps, asking, current),
  ]);
  if (!answer.ok) return answer;
  if (!figures.ok) return figures;
  if (!deployed.ok) return deployed;
  const found = answer.value as unknown as Omit<DriftReport, 'day' | 'partial' | 'figures' | 'deployments'>;
  return ok({
    day: instant(day_ms).slice(0, 10),
    partial: to_ms < over_ms,
    ...found,
    figures: figures.value,
    deployments: deploymentsOf(deployed.value),
  });
}

function deploymentsOf(deployed: readonly Deployed[]): ReportDeployment[] {
  const told = new Map<string, ReportDeployment>();
  for (const { at_ms, id, kind, status, version = null, tenant } of deployed) {
    const timestamp = instant(at_ms);
    const key = JSON.stringify([timestamp, version ?? id, kind, status]);
    const known = told.get(key);
    const tenants = [...new Set([...(known?.tenants ?? []), tenant])].sort();
    told.set(key, { timestamp, id, kind, status, version, tenants });
  }
  return [...told.values()].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
}

async function figuresOf(
  deps: DriftDeps,
  asking: Asking,
  current: Window,
): Promise<Result<ReportFigure[], ExploreError>> {
  const { from_ms } = current;
  const windows = [
    current,
    { from_ms: from_ms - DAY_MS, to_ms: from_ms },
    { from_ms: from_ms - DAYS_OF_WEEK * DAY_MS, to_ms: from_ms },
  ];
  const metrics = FIGURES.map(([metric]) => metric);
  const answers = await Promise.all(
    windows.map((window) =>
      readKpis(deps, asking, { ...window, metrics, by: [], step_ms: null, conditions: [] }),
    ),
  );
  const tables: ((metric: string) => { value: number | null; n: number })[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    const { series } = answer.value;
    tables.push(
      (metric) => series.find(({ key }) => key.metric === metric)?.points[0] ?? { value: null, n: 0 },
    );
  }
  const [now, day, week] = tables;
  return ok(
    FIGURES.map(([metric, title, unit, better]) => {
      const { value, n } = now!(metric);
      const usual = week!(metric).value;
      const perDay = unit === 'count' && usual !== null ? usual / DAYS_OF_WEEK : usual;
      const before = { day_before: day!(metric).value, week_before: perDay };
      return { metric, title, unit, better, now: value, ...before, n };
    }),
  );
}
