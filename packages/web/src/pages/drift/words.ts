/** A drift in words: what, where, how much in its own unit, how sure, since when and why. */
import type { DriftCandidate, DriftHead, DriftSeries } from '../../api/index.ts';
import { formatDuration, formatMoney, formatN, significant, UNKNOWN } from '../../format/index.ts';
import { workloadWords } from '../../parts/finding-words.ts';

/** What can be asked for, as it stands in a list; in the order of the API's own documentation. */
export const DRIFT_TITLES: Readonly<Record<string, string>> = {
  prompt_tokens: 'Prompt length, tokens',
  prompt_words: 'Prompt length, words',
  prompt_chars: 'Prompt length, characters',
  prompt_tokens_content: 'Words of prompts',
  prompt_tokens_kl: 'Words of prompts, KL',
  prompt_tags_content: 'Tags of prompts',
  characters: 'Characters in prompts',
  prompt_language: 'Language of prompts',
  prompt_script: 'Script of prompts',
  palette: 'Palette of pictures',
  latency_ms: 'Latency',
  queue_wait_ms: 'Queue wait',
  error_rate: 'Failed requests',
  delivered_fps: 'Delivered FPS',
  cost_per_1k_images_usd: 'Cost of 1,000 pictures',
  aesthetic: 'Aesthetic score',
  clip_i: 'CLIP-I',
  style_distance: 'Style distance',
  face_ok: 'Accepted faces',
  acceptance: 'Accepted pictures',
  feedback: 'What people did with pictures',
  nsfw: 'Pictures flagged NSFW',
  blocked: 'Blocked requests',
};
/** A name that came after this page was built stays readable. */
export const driftTitle = (metric: string): string =>
  DRIFT_TITLES[metric] ?? capital(metric.replaceAll('_', ' '));

/** What a series can be divided by, as the API keeps it. */
export const DIVISIONS: readonly (readonly [string, string])[] = [
  ['', 'All'],
  ['tenant', 'Tenant'],
  ['workload', 'Workload'],
  ['model_version', 'Version'],
  ['region', 'Region'],
  ['hardware_class', 'Hardware'],
];

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const isShare = ({ unit }: Pick<DriftSeries, 'unit'>): boolean => unit === 'share';

/** A figure of the series in its own unit: `31 tokens`, `4.82 s`, `81 %`. */
export function driftFigure(unit: string, value: number | null): string {
  if (value === null) return UNKNOWN;
  if (unit === 'share') return `${significant(value * 100)} %`;
  if (unit === 'ms') return formatDuration(value);
  if (unit === 'usd') return formatMoney(value);
  return unit === '' ? significant(value) : `${plain(value)} ${unit}`;
}
/** Counts of whole things have no decimals where they are whole. */
const plain = (value: number): string => (Number.isInteger(value) ? String(value) : significant(value));

/** A size without its direction: shares differ in points. */
function sizeFigure(unit: string, value: number): string {
  if (unit === 'share') return `${significant(Math.abs(value) * 100, 2)} points`;
  if (unit === '') return significant(Math.abs(value), 2);
  if (unit === 'tokens' && Math.abs(value) === 1) return '1 token';
  return driftFigure(unit, Math.abs(value));
}

/** `0.078 more`, `19 points less`: the typical difference, as the median of all differences. */
export function shiftWords({ shift, unit }: Pick<DriftSeries, 'shift' | 'unit'>): string {
  if (shift === null) return UNKNOWN;
  if (shift === 0) return 'the same at the median';
  return `${sizeFigure(unit, shift)} ${shift > 0 ? 'more' : 'less'}`;
}

/** The interval in the direction of the shift, low end first: shares are told without their sign. */
export function intervalOf({ shift, shift_interval: ends }: DriftSeries): readonly [number, number] | null {
  if (ends === null || shift === null) return null;
  const [low, high] = ends;
  // An interval of the size of a fall is turned to its side.
  if (shift < 0 && low > 0) return [-high, -low];
  return low <= high ? [low, high] : [high, low];
}

/** `0.064 to 0.094`; with signs where the ends differ in them. */
export function intervalWords(series: DriftSeries): string | null {
  const ends = intervalOf(series);
  if (ends === null) return null;
  const [low, high] = ends;
  const scale = isShare(series) ? 100 : 1;
  const figures = (a: number, b: number): string => {
    const unit = isShare(series) ? ' points' : '';
    if (series.unit === 'ms') return `${formatDuration(a)} to ${formatDuration(b)}`;
    if (series.unit === 'usd') return `${formatMoney(a)} to ${formatMoney(b)}`;
    if (series.unit !== '' && !isShare(series)) return `${plain(a)} to ${plain(b)}`;
    return `${significant(a * scale, 2)} to ${significant(b * scale, 2)}${unit}`;
  };
  if (low < 0 && high <= 0) return figures(-high, -low);
  return figures(low, high);
}

/** p as it can be read: never 0, never more digits than it carries. */
export function pWords(p: number): string {
  if (p < 0.001) return 'p < 0.001';
  return `p ${p > 0.999 ? '> 0.999' : `= ${significant(p, 2)}`}`;
}

/** `9 × 10⁻¹⁰`, for those who want it. */
export function exactP(p: number): string {
  if (p >= 0.001 || p === 0) return significant(p, 2);
  const [digits = '', power = ''] = p.toExponential(1).split('e-');
  const raised = [...power].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '').join('');
  return `${digits} × 10⁻${raised}`;
}

/** `animation of mangatan in ap-tokyo`; `everything` for all rows. */
export function placeWords(segment: DriftSeries['segment']): string {
  const { workload, tenant, region, model_version: version, pipeline_stage: stage, ...others } = segment;
  const parts = [
    stage && `the ${stage} stage`,
    workload && workloadWords(workload),
    version,
    ...Object.values(others),
    tenant,
  ].filter((part) => part !== undefined && part !== '');
  const words = parts.join(' of ') + (region ? `${parts.length === 0 ? '' : ' in '}${region}` : '');
  return words === '' ? 'everything' : words;
}

/** Names of things stay as they are written; words begin a line with a capital. */
export const placeTitle = (segment: DriftSeries['segment']): string => {
  const words = placeWords(segment);
  return segment.workload || segment.pipeline_stage || words === 'everything' ? capital(words) : words;
};

/** What the server puts between backticks is a word of somebody. */
export const quoted = (words: string): string => words.replaceAll(/`([^`]*)`/g, '“$1”');

/** `Median prompt of mangatan is 27 tokens, was 25 tokens`. Words without a verb follow their place. */
export function driftSentence(series: DriftSeries): string {
  const told = quoted(series.words);
  const { pipeline_stage: _said, ...rest } = series.segment;
  const { region, ...place } = rest;
  const of = placeWords(place);
  const where = `${of === 'everything' ? '' : ` of ${of}`}${region ? ` in ${region}` : ''}`;
  const end = series.against === null ? '' : ` in ${series.against}`;
  const parts = /^(.*?) (is|are) (.*)$/s.exec(told);
  if (!parts) return (where === '' ? capital(told) : `${placeTitle(rest)}: ${told}`) + end;
  const [, subject = '', verb = '', amount = ''] = parts;
  return `${capital(subject)}${where} ${verb} ${amount}${end}`;
}

/** crit never: drift breaks no objective by itself. */
export function driftStatus({ better, verdict }: DriftSeries): 'warn' | 'better' | 'none' {
  if (better === null || verdict !== 'drift') return 'none';
  return better ? 'better' : 'warn';
}

export const VERDICTS: Readonly<Record<DriftSeries['verdict'], string>> = {
  drift: 'drifted',
  changed_but_small: 'changed, but small',
  no_drift: 'as before',
  insufficient_data: 'not enough data',
};

const REASONS: Readonly<Record<string, string>> = {
  passing: 'It changed in one half of the window only, so it is not called drift.',
  small: 'The change is sure, but smaller than what matters here.',
  unchanged: 'No more than chance explains.',
};
export function verdictWords(series: DriftSeries): string {
  if (series.reason !== 'too_few') return REASONS[series.reason] ?? '';
  return series.n_needed === null
    ? `${capital(series.words)}.`
    : `${formatN(series.n_cur)}; ${formatN(series.n_needed)} would be enough to say.`;
}

const KINDS: Readonly<Record<string, string>> = {
  model: 'release',
  lora: 'LoRA',
  pipeline: 'pipeline release',
  config: 'config change',
  data: 'data change',
  cache_warmup: 'cache warm-up',
};
export const kindWords = (kind: string): string => KINDS[kind] ?? `${kind.replaceAll('_', ' ')} change`;
export const nameOfChange = ({ version, id }: DriftCandidate): string => version || id;

/** `in the hour of the change`, `3 h before the change`. */
export function lagWords(lag_h: number): string {
  if (Math.abs(lag_h) < 1.5) return 'in the hour of the change';
  return `${Math.abs(Math.round(lag_h))} h ${lag_h > 0 ? 'before' : 'after'} the change`;
}

/** What the baseline is, as it stands after "against". */
export function baselineWords({ kind, asked }: DriftHead['baseline'], span: string): string {
  if (kind === 'release')
    return asked.startsWith('release:') ? asked.slice('release:'.length) : 'the version before';
  if (kind === 'pinned') return span;
  return `the ${asked.replace(/d$/, '')} days before, the same hours of the week`;
}

const COUNTS = [
  'No thing',
  'One thing',
  'Two things',
  'Three things',
  'Four things',
  'Five things',
  'Six things',
];
/** `Six things`. */
export const thingsWords = (count: number): string => COUNTS[count] ?? `${count} things`;
