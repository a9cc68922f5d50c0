/** A finding in words: a sentence of subject, verb and amount, and what it rests on. */
import { type KpiName, kpiOf } from '@pegbar/contract/words';
import type { Change, Finding, Findings, ObjectiveState, Segment } from '../api/index.ts';
import { formatDuration, formatKpi, formatMoney, formatN, significant } from '../format/index.ts';

const NAMES: Partial<Record<KpiName, string>> = {
  availability: 'Success',
  oom_rate: 'OOM rate',
  timeout_rate: 'Timeout rate',
  delivered_fps: 'Delivered FPS',
  produced_fps: 'Produced FPS',
  dropped_frame_ratio: 'Dropped frames',
  latency_p95_ms: 'p95',
  queue_wait_p95_ms: 'Queue wait p95',
  acceptance_rate: 'Acceptance',
  style_distance_mean: 'Style distance',
  aesthetic_mean: 'Aesthetic score',
  face_ok_rate: 'Well-formed faces',
  nsfw_rate: 'NSFW rate',
  policy_block_rate: 'Policy blocks',
};
const nameOf = (metric: KpiName): string => NAMES[metric] ?? kpiOf(metric).title;

const WORKLOADS: Readonly<Record<string, string>> = {
  animation: 'animation',
  single_image: 'single image',
  batch_panels: 'batch panels',
};
export const workloadWords = (workload: string): string => WORKLOADS[workload] ?? workload;
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `in ap-tokyo`, `of batch panels of panelworks`; nothing where the metric says what it is of. */
function placeOf(metric: KpiName, { region, tenant, workload }: Segment): string {
  const own = /fps|frame/.test(metric);
  return [
    workload && !own ? ` of ${workloadWords(workload)}` : '',
    tenant ? ` ${own || !workload ? 'of' : 'at'} ${tenant}` : '',
    region ? ` in ${region}` : '',
  ].join('');
}

const amountOf = ({ metric, now, before }: Change): string => {
  const { unit } = kpiOf(metric);
  const size = Math.abs(now - before);
  if (unit === 'ms') return formatDuration(size);
  if (unit === '0..1') return `${significant(size * 100, 2)} points`;
  if (unit === 'usd') return formatMoney(size);
  return significant(size, 2);
};

/** Delivered FPS in ap-tokyo fell to 18.4. p95 of v7 is 2.1 s above v6. */
export function findingSentence(finding: Finding): string {
  const { metric, segment, against, direction, now, before } = finding;
  const up = direction === 'up';
  if (against !== null)
    return `${nameOf(metric)} of ${segment.model_version} is ${amountOf(finding)} ${up ? 'above' : 'below'} ${against}`;
  if (metric === 'cost_per_1k_images_usd')
    return `1,000 images${placeOf(metric, segment)} cost ${significant((Math.abs(now - before) / before) * 100, 2)} % ${up ? 'more' : 'less'}`;
  return `${nameOf(metric)}${placeOf(metric, segment)} ${up ? 'rose' : 'fell'} to ${formatKpi(metric, now)}`;
}

/** What was before, as words that can stand in a sentence: `yesterday`, `a week before`. */
export const BEFORE: Readonly<Record<string, string>> = {
  day: 'the day before',
  week: 'the week before',
  previous: 'the range before',
};

const changeWords = (change: Change): string =>
  `${nameOf(change.metric).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())} ${formatKpi(change.metric, change.now)}, was ${formatKpi(change.metric, change.before)}`;

const KINDS: Readonly<Record<string, string>> = {
  model: 'release',
  lora: 'release',
  pipeline: 'release',
  config: 'config change',
  data: 'data change',
};

export interface EvidenceWords {
  /** Before the name of the likely cause. */
  readonly lead: string;
  /** Its name; null where there is none. */
  readonly cause: string | null;
  readonly tail: string;
}

/** Most likely the config change `cdn-cache-ttl` at 14:07, not the release: v6 and v7 fell alike. */
export function findingEvidence(
  finding: Finding,
  compare: string,
  timeOf: (ms: number) => string,
): EvidenceWords {
  const { metric, now, before, against, cause, stage, also, n, segment } = finding;
  const then =
    against === null
      ? `Was ${formatKpi(metric, before)} in the same hours ${BEFORE[compare] ?? 'before'}.`
      : `${capital(workloadWords(segment.workload ?? ''))}, ${formatKpi(metric, now)} against ${formatKpi(metric, before)}.`;
  const place = stage ? ` Most of it in the ${stage} stage.` : '';
  const others = also.length === 0 ? '' : ` Also ${also.slice(0, 3).map(changeWords).join('; ')}.`;
  const count = ` ${formatN(n)}`;
  if (cause === null || against !== null)
    return { lead: `${then}${place}${others}${count}`, cause: null, tail: '' };
  const kind = KINDS[cause.kind] ?? 'change';
  const at = timeOf(Date.parse(cause.timestamp));
  return {
    lead: `${then} Likely the ${kind} `,
    cause: cause.id,
    tail: ` at ${at}${notTheRelease(finding)}.${place}${others}${count}`,
  };
}

/** Versions moved this much alike. */
const ALIKE = 0.5;
function notTheRelease({ alike, cause, direction }: Finding): string {
  if (alike.length < 2 || cause?.kind === 'model') return '';
  const moves = alike.map((one) => one.now - one.before);
  const [least, most] = [Math.min(...moves.map(Math.abs)), Math.max(...moves.map(Math.abs))];
  const together = moves.every((move) => move < 0) || moves.every((move) => move > 0);
  if (!together || least < most * ALIKE) return '';
  const names = alike.map((one) => one.segment.model_version).join(' and ');
  return `, not the release: ${names} ${direction === 'up' ? 'rose' : 'fell'} alike`;
}

/** Objectives that a KPI breaks. */
const BREAKS: Partial<Record<KpiName, readonly string[]>> = {
  delivered_fps: ['animation-fps'],
  dropped_frame_ratio: ['animation-dropped'],
  latency_p95_ms: ['single-image-latency'],
  availability: ['batch-panels-success'],
  queue_wait_p95_ms: ['batch-panels-wait'],
  oom_rate: ['timeouts-oom'],
  timeout_rate: ['timeouts-oom'],
  nsfw_rate: ['safety-nsfw'],
};

/** crit: it broke an objective. */
export function findingStatus(
  { metric, segment, better, until }: Finding,
  objectives: readonly ObjectiveState[],
): 'crit' | 'warn' | 'better' | 'none' {
  if (better === null) return 'none';
  if (better) return 'better';
  const broken = objectives.some(
    ({ id, workload, state }) =>
      state === 'outside' &&
      BREAKS[metric]?.includes(id) &&
      (workload === null || segment.workload === undefined || workload === segment.workload),
  );
  return broken && until === null ? 'crit' : 'warn';
}

/** `5 s`, not `5.00 s`, and `99.5 %`: limits are written as people set them. */
const round = (text: string): string => text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
const figure = ({ unit }: ObjectiveState, value: number | null): string => {
  if (value === null) return '–';
  if (unit === 'ms') return round(formatDuration(value));
  if (unit === 'fps') return round(significant(value, 3));
  return `${round(significant(value * 100, value > 0.9 ? 4 : 2))} %`;
};
const TOLD: Readonly<Record<string, (value: string, limit: string) => string>> = {
  'animation-fps': (value, limit) =>
    `Animation delivers ${value} FPS or more in 99 % of seconds, objective ${limit}.`,
  'animation-dropped': (value, limit) => `Animation drops ${value} of its frames, objective ${limit}.`,
  'single-image-latency': (value, limit) => `Single image p95 is ${value} at 768 × 768, objective ${limit}.`,
  'batch-panels-success': (value, limit) => `Batch panels succeed in ${value}, objective ${limit}.`,
  'batch-panels-wait': (value, limit) => `Batch panels wait ${value} at p95, objective ${limit}.`,
  'timeouts-oom': (value, limit) => `Timeouts and OOM are ${value} of requests, objective ${limit}.`,
  'safety-nsfw': (value, limit) => `Flagged pictures are ${value}, objective ${limit}.`,
};
export const objectiveSentence = (one: ObjectiveState): string =>
  TOLD[one.id]?.(figure(one, one.value), figure(one, one.limit)) ?? `${one.words}: ${one.state}.`;

const COUNTS = ['No', 'One', 'Two', 'Three'] as const;

/** `Single image and batch panels are`, `Animation is`. */
const isOne = (workloads: readonly string[]): boolean =>
  workloads.length === 1 && workloads[0] !== 'batch_panels';
const placed = (workloads: readonly string[]): string =>
  `${capital(workloads.map(workloadWords).join(' and '))} ${isOne(workloads) ? 'is' : 'are'}`;
const its = (workloads: readonly string[]): string => (isOne(workloads) ? 'its' : 'their');

/** No workload is outside: those of which something is known are inside, and no others are said to be. */
function insideTitle(well: readonly string[], all: readonly string[], others: number): string {
  const most = others === 1 ? 'One objective' : `${COUNTS[others] ?? others} objectives`;
  if (well.length === 0)
    return others === 0
      ? 'Nothing is outside its objectives'
      : `${most} of all ${others === 1 ? 'is' : 'are'} not met`;
  const who = well.length === all.length && all.length > 1 ? 'All workloads are' : placed(well);
  if (others === 0) return `${who} inside ${who === placed(well) ? its(well) : 'their'} objectives`;
  return `${who} inside, ${most.toLowerCase()} of all ${others === 1 ? 'is' : 'are'} not`;
}

/** The headline of Home, and the line under it. */
export function healthWords(
  objectives: readonly ObjectiveState[],
  { findings, compared }: Pick<Findings, 'findings' | 'compared'>,
): { title: string; sentence: string } | null {
  const known = objectives.filter(({ state }) => state !== null);
  if (known.length === 0) return null;
  const outside = known.filter(({ state }) => state === 'outside');
  const of = (list: readonly ObjectiveState[]): string[] => [
    ...new Set(list.map(({ workload }) => workload).filter((one) => one !== null)),
  ];
  const broken = of(outside);
  const well = of(known).filter((workload) => !broken.includes(workload));
  const title =
    broken.length > 1
      ? `${COUNTS[broken.length] ?? broken.length} workloads are outside their objectives`
      : broken.length === 1
        ? `${placed(broken)} outside ${its(broken)} objectives`
        : insideTitle(well, of(objectives), outside.length);
  const inside = well.length > 0 && broken.length > 0 ? `${placed(well)} inside.` : '';
  const quiet =
    findings.length === 0 && outside.length === 0 && compared > 0
      ? 'Nothing changed more than chance explains.'
      : '';
  const first = outside.length === 0 && findings[0] ? `${findingSentence(findings[0])}.` : '';
  const sentence = [...outside.map(objectiveSentence), inside, first, quiet].filter(Boolean).join(' ');
  return { title, sentence };
}
