/** What a difference says in words: a sentence of its row, a phrase of the verdict, a figure with its sign. */
import { type KpiName, kpiOf } from '@pegbar/contract/words';
import type { ReactNode } from 'react';
import type { KpiDifference, ReleaseView, ReleaseSegment as Segment } from '../../api/index.ts';
import { formatDuration, formatKpi, formatMoney, signed, significant } from '../../format/index.ts';

interface Words {
  /** `p95 latency is %`, with the amount in its place; and where nothing changed. */
  readonly row: string;
  readonly same: string;
  readonly up: string;
  readonly down: string;
  /** What the version does, for the verdict. */
  readonly verbs: { readonly up: string; readonly down: string; readonly same: string };
}
const is = (name: string, up: string, down: string, verbs: Words['verbs']): Words => ({
  row: `${name} is %`,
  same: `${name} is the same`,
  up,
  down,
  verbs,
});
const share = (things: string, do_: string, verbs: Words['verbs']): Words => ({
  row: `% ${things} ${do_}`,
  same: `As many ${things} ${do_}`,
  up: 'more',
  down: 'fewer',
  verbs,
});

const WORDS: Partial<Record<KpiName, Words>> = {
  latency_p95_ms: is('p95 latency', 'longer', 'shorter', {
    up: 'is slower',
    down: 'is faster',
    same: 'is as fast',
  }),
  delivered_fps: is('Delivered FPS', 'higher', 'lower', {
    up: 'delivers more frames a second',
    down: 'delivers fewer frames a second',
    same: 'delivers as many frames a second',
  }),
  dropped_frame_ratio: share('frames', 'are dropped', {
    up: 'drops more frames',
    down: 'drops fewer frames',
    same: 'drops as many frames',
  }),
  style_distance_mean: is('Style distance', 'larger', 'smaller', {
    up: 'draws less like the house style',
    down: 'draws more like the house style',
    same: 'draws as much like the house style',
  }),
  aesthetic_mean: is('Aesthetic score', 'higher', 'lower', {
    up: 'has a higher aesthetic score',
    down: 'has a lower aesthetic score',
    same: 'has the same aesthetic score',
  }),
  face_ok_rate: share('faces', 'are well formed', {
    up: 'spoils fewer faces',
    down: 'spoils more faces',
    same: 'spoils as many faces',
  }),
  clip_i_mean: is('CLIP-I', 'higher', 'lower', {
    up: 'is closer to its references',
    down: 'is further from its references',
    same: 'is as close to its references',
  }),
  acceptance_rate: share('pictures', 'are accepted', {
    up: 'has more pictures accepted',
    down: 'has fewer pictures accepted',
    same: 'has as many pictures accepted',
  }),
  availability: share('requests', 'succeed', {
    up: 'fails less often',
    down: 'fails more often',
    same: 'fails no more often',
  }),
  oom_rate: share('requests', 'run out of memory', {
    up: 'runs out of memory more often',
    down: 'runs out of memory less often',
    same: 'runs out of memory as often',
  }),
  policy_block_rate: share('requests', 'are blocked', {
    up: 'is blocked more often',
    down: 'is blocked less often',
    same: 'is blocked as often',
  }),
  nsfw_rate: share('pictures', 'are flagged', {
    up: 'has more pictures flagged',
    down: 'has fewer pictures flagged',
    same: 'has as many pictures flagged',
  }),
  cost_per_1k_images_usd: {
    row: '1,000 images cost %',
    same: '1,000 images cost the same',
    up: 'more',
    down: 'less',
    verbs: { up: 'costs more', down: 'costs less', same: 'costs the same' },
  },
};

const wordsOf = (metric: KpiName): Words =>
  WORDS[metric] ??
  is(kpiOf(metric).title, 'higher', 'lower', {
    up: `has more ${kpiOf(metric).title}`,
    down: `has less ${kpiOf(metric).title}`,
    same: `has the same ${kpiOf(metric).title}`,
  });

const certain = ({ verdict }: KpiDifference): boolean =>
  verdict === 'better' || verdict === 'worse' || verdict === 'changed';

/** Two digits of a difference in the unit of the KPI, with a share of 0 to 1 in points. */
function amountOf(metric: KpiName, size: number): string {
  const { unit } = kpiOf(metric);
  if (unit === 'ms')
    return size < 1_000 ? formatDuration(Number(size.toPrecision(2))) : `${significant(size / 1_000, 2)} s`;
  if (unit === '0..1') return `${significant(size * 100, 2)} points`;
  if (unit === 'usd') return formatMoney(size);
  return significant(size, 2);
}
/** Scores and money are told as a share of what was, so that their size says something. */
const AS_SHARE: ReadonlySet<KpiName> = new Set(['aesthetic_mean', 'cost_per_1k_images_usd', 'clip_i_mean']);

/** `p95 latency is **2.1 s longer**`, `As many pictures are accepted`. */
export function sentenceOf(row: KpiDifference): ReactNode {
  const words = wordsOf(row.metric);
  if (row.difference === null)
    return <span className="dimmer">Too little to say: {kpiOf(row.metric).title}</span>;
  if (!certain(row)) return words.same;
  const { value } = row.difference;
  const size =
    AS_SHARE.has(row.metric) && row.relative
      ? `${significant(Math.abs(row.relative.value) * 100, 2)} %`
      : amountOf(row.metric, Math.abs(value));
  const [before = '', after = ''] = words.row.split('%');
  return (
    <>
      {before}
      <b>
        {size} {value > 0 ? words.up : words.down}
      </b>
      {after}
    </>
  );
}

/** `+1.7 to +2.5 s`. */
export function intervalWords({ metric, difference }: KpiDifference): string {
  if (!difference) return '–';
  const { unit } = kpiOf(metric);
  const both = (format: (size: number) => string, tail: string): string =>
    `${signed(difference.low, format)} to ${signed(difference.high, format)}${tail}`;
  if (unit === 'ms') {
    const seconds = Math.max(Math.abs(difference.low), Math.abs(difference.high)) >= 1_000;
    return both(
      (size) => (seconds ? (size / 1000).toFixed(2) : String(Math.round(size))),
      seconds ? ' s' : ' ms',
    );
  }
  if (unit === '0..1') return both((size) => (size * 100).toFixed(size < 0.01 ? 2 : 1), ' points');
  if (unit === 'usd') return both((size) => `$${size.toFixed(2)}`, '');
  return both((size) => size.toFixed(unit === 'fps' ? 1 : 2), '');
}

export const figureOf = (metric: KpiName, value: number | null): string =>
  metric === 'style_distance_mean' || metric === 'clip_i_mean' || metric === 'aesthetic_mean'
    ? (value?.toFixed(2) ?? '–')
    : formatKpi(metric, value);

const listed = (parts: readonly ReactNode[]): ReactNode =>
  parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: words of one sentence do not move
    <span key={at}>
      {at > 0 && (at === parts.length - 1 ? ' and ' : ', ')}
      {part}
    </span>
  ));

const verb = (row: KpiDifference): string => {
  const { verbs } = wordsOf(row.metric);
  if (!certain(row)) return verbs.same;
  return (row.difference?.value ?? 0) > 0 ? verbs.up : verbs.down;
};
/** What people ask of every release, also where it has not changed. */
const ASKED: ReadonlySet<KpiName> = new Set([
  'latency_p95_ms',
  'availability',
  'acceptance_rate',
  'cost_per_1k_images_usd',
  'delivered_fps',
]);
/** More of them than this nobody reads. */
const SAME_MOST = 4;

/** The verdict in a few sentences: what is worse, what is better, what is the same, and where the slowness is. */
export function Verdict({ view }: { view: ReleaseView }) {
  const { kpis, version } = view;
  const of = (verdict: KpiDifference['verdict']) => kpis.filter((one) => one.verdict === verdict);
  const [worse, better] = [of('worse'), of('better')];
  const same = of('same')
    .filter((one) => ASKED.has(one.metric))
    .slice(0, SAME_MOST);
  const bold = (rows: readonly KpiDifference[]) =>
    listed(rows.map((row) => <b key={row.metric}>{verb(row)}</b>));
  return (
    <>
      {worse.length > 0 && (
        <>
          {version} {bold(worse)}.{' '}
        </>
      )}
      {better.length > 0 && (
        <>
          {worse.length > 0 ? 'It' : version} {bold(better)}.{' '}
        </>
      )}
      {same.length > 0 && (
        <>
          {worse.length + better.length > 0 ? 'It' : version} {listed(same.map(verb))}.{' '}
        </>
      )}
      {worse.some((one) => one.metric === 'latency_p95_ms') && whereWords(view)}
      {kpis.every((one) => one.verdict === 'unknown') && 'There is too little to say anything yet.'}
    </>
  );
}

export type VerdictTag = readonly [status: 'ok' | 'warn' | 'crit' | 'none', words: string];
export function verdictTag({ kpis }: ReleaseView): VerdictTag {
  const has = (verdict: KpiDifference['verdict']) => kpis.some((one) => one.verdict === verdict);
  if (has('worse')) return has('better') ? ['warn', 'Better and worse'] : ['crit', 'Worse'];
  if (has('better')) return ['ok', 'Better'];
  return has('same') ? ['none', 'No change seen'] : ['none', 'Too little to say'];
}

/** This share of the slowness makes a stage its place. */
const MOST_OF_IT = 0.5;
function whereWords({ stages, segments, against }: ReleaseView): string {
  const slower = stages.map(({ stage, now, before }) => ({
    stage,
    by: Math.max(0, (now ?? 0) - (before ?? now ?? 0)),
  }));
  const whole = slower.reduce((sum, one) => sum + one.by, 0);
  const most = slower.toSorted((a, b) => b.by - a.by)[0];
  const stage =
    most && whole > 0 && most.by / whole >= MOST_OF_IT
      ? `The slowness is mostly the ${most.stage} stage`
      : '';
  const [worst] = segments;
  const bad = segments.filter((one) => one.difference.low > 0);
  const everywhere = segments.length > 1 && bad.length === segments.length;
  const place = worst && worst.difference.low > 0 ? segmentWords(worst) : '';
  if (everywhere) return `${stage || 'It is slower'}, everywhere; most ${place}.`;
  if (place !== '' && stage !== '') return `${stage}, most ${place}.`;
  if (place !== '') return `It is slower than ${against} most ${place}.`;
  return stage === '' ? '' : `${stage}.`;
}
export const segmentWords = ({ segment }: Segment): string =>
  [
    segment.tenant && `at ${segment.tenant}`,
    segment.region && `in ${segment.region}`,
    segment.hardware_class && `on ${segment.hardware_class}`,
    segment.size && `with pictures ${segment.size}`,
  ]
    .filter(Boolean)
    .join(' ');
