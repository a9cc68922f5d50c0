/** Classes of moderated content: what each figure counts, and whether it rises. */
import type { KpiName } from '@pegbar/contract/words';
import type { KpiTable } from '../../api/index.ts';
import { totalOf } from '../../api/index.ts';
import { FEW, formatCount, formatPercent, significant } from '../../format/index.ts';

export interface ContentClass {
  readonly metric: KpiName;
  readonly title: string;
  /** In a sentence: `NSFW rate of v7`. */
  readonly words: string;
  /** What one in a hundred is of. */
  readonly of: string;
}
export const CLASSES = [
  { metric: 'nsfw_rate', title: 'NSFW', words: 'NSFW rate', of: '% of pictures checked' },
  { metric: 'policy_block_rate', title: 'Policy blocks', words: 'Policy blocks', of: '% of requests' },
  { metric: 'watermark_rate', title: 'Watermarks', words: 'Watermarks', of: '% of pictures checked' },
] as const satisfies readonly ContentClass[];
export const METRICS = CLASSES.map(({ metric }) => metric);

interface Tables {
  readonly now: KpiTable | undefined;
  readonly before: KpiTable | undefined;
}

export interface Rise {
  readonly metric: KpiName;
  readonly words: string;
  readonly name: string;
  readonly now: number;
  readonly before: number;
  readonly n: number;
  /** Standard errors between the two shares. */
  readonly z: number;
}

/** What chance makes of so few pictures is no rise. */
const Z_LEAST = 3;
const RATIO_LEAST = 1.5;

/** Shares that rose by more than chance, the surest first. */
export function risesOf({ now, before }: Tables, dimension: string): Rise[] {
  const out: Rise[] = [];
  for (const { metric, words } of CLASSES)
    for (const series of now?.series ?? []) {
      if (series.metric !== metric) continue;
      const name = series.key[dimension] ?? '';
      const [value, n] = [series.values[0] ?? null, series.ns[0] ?? 0];
      const then = totalOf(before, metric, { [dimension]: name });
      if (value === null || then.value === null || n < FEW || then.n < FEW || name === '') continue;
      const pooled = (value * n + then.value * then.n) / (n + then.n);
      const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / then.n));
      const z = spread === 0 ? 0 : (value - then.value) / spread;
      if (z >= Z_LEAST && value >= then.value * RATIO_LEAST)
        out.push({ metric, words, name, n, z, now: value, before: then.value });
    }
  return out.sort((a, b) => b.z - a.z);
}

/** Requests came, and none of their pictures was looked at: that is no good news. */
const UNCHECKED = 'No picture was checked';

/** `NSFW rate of aozora rose to 2.4 %`; that nothing rises where nothing does. */
export function safetyWords(
  totals: Tables,
  rises: readonly Rise[],
  than: string,
): { title: string; sentence: string } {
  const nsfw = totalOf(totals.now, 'nsfw_rate');
  const blocks = totalOf(totals.now, 'policy_block_rate');
  const counts = [
    nsfw.value === null
      ? ''
      : `${formatCount(Math.round(nsfw.value * nsfw.n))} of ${formatCount(nsfw.n)} pictures checked are flagged (${formatPercent(nsfw.value)}).`,
    blocks.value === null
      ? ''
      : `${formatCount(Math.round(blocks.value * blocks.n))} requests were blocked (${formatPercent(blocks.value)}).`,
  ].join(' ');
  const [worst] = rises;
  if (!worst)
    return {
      title:
        nsfw.value !== null
          ? 'No moderated class is clearly rising'
          : blocks.value === null
            ? 'Safety'
            : UNCHECKED,
      sentence: counts.trim(),
    };
  return {
    title: `${worst.words} of ${worst.name} rose to ${formatPercent(worst.now)}`,
    sentence:
      `${formatPercent(worst.before)} ${than}${worst.before > 0 ? `, ${significant(worst.now / worst.before, 2)} times that now` : ''}. ${counts}`.trim(),
  };
}
