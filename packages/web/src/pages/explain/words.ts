/** A comparison in words: the finding, the selection, values and shares. */
import type { Difference, Explanation } from '../../api/index.ts';
import {
  clock,
  dayOf,
  formatCount,
  formatDuration,
  formatMoney,
  formatTime,
  significant,
  type Zone,
} from '../../format/index.ts';
import { fieldWords, filterParts, valueWords as textWords } from '../../url/index.ts';

/** A difference with the attributes that tell exactly the same. */
export interface Told extends Difference {
  readonly also: readonly Difference[];
}

const countsOf = ({ values }: Difference): string =>
  values
    .map(({ selection, rest }) => `${selection}:${rest}`)
    .sort()
    .join(' ');

/** A model and its checkpoint, a width and its height: what tells the same is told once. */
export function grouped(attributes: readonly Difference[]): Told[] {
  const out: (Difference & { also: Difference[] })[] = [];
  for (const one of attributes) {
    const same = out.find(
      (known) =>
        known.lcb === one.lcb &&
        known.tvd === one.tvd &&
        known.consequence === one.consequence &&
        countsOf(known) === countsOf(one),
    );
    if (same && one.lcb > 0) same.also.push(one);
    else out.push({ ...one, also: [] });
  }
  return out;
}

/** `≥ 6.55`, `3.03 – 3.47` of numbers, in the unit of their attribute; else the value itself. */
export function valueWords(attribute: string, value: string | null): string {
  if (value === null) return 'not told';
  const bounds = /^(?:(>=|<) )?(-?[\d.e+]+)(?: to (-?[\d.e+]+))?$/.exec(value);
  // A whole number on its own is a value, not a bound of a range.
  if (!bounds || (bounds[1] === undefined && bounds[3] === undefined))
    return NAMED.has(attribute) ? textWords(attribute, value) : value;
  const figure = figureOf(attribute);
  const [, sign, from, to] = bounds;
  if (to !== undefined) return `${figure(Number(from))} – ${figure(Number(to))}`;
  return `${sign === '>=' ? '≥' : '<'} ${figure(Number(from))}`;
}

/** Attributes of closed lists of words. */
const NAMED: ReadonlySet<string> = new Set(['workload', 'outcome', 'nsfw_flag']);
const figureOf = (attribute: string): ((value: number) => string) =>
  attribute.endsWith('_ms')
    ? formatDuration
    : attribute.endsWith('_usd')
      ? formatMoney
      : (value) =>
          significant(value)
            .replace(/(\.\d*?)0+$/, '$1')
            .replace(/\.$/, '');
export const nameWords = ({ attribute, value }: Pick<Difference, 'attribute' | 'value'>): string =>
  `${fieldWords(attribute)} ${valueWords(attribute, value)}`;

export interface Shares {
  readonly selected: number;
  readonly rest: number;
}
/** Of each side, the share that has a value. */
export function sharesOf(one: Difference, value: string | null, explanation: Explanation): Shares {
  const found = one.values.find((each) => each.value === value);
  return {
    selected: (found?.selection ?? 0) / Math.max(1, explanation.selection.rows),
    rest: (found?.rest ?? 0) / Math.max(1, explanation.rest.rows),
  };
}

/** A share of a few hundred rows is told in whole percent. */
export const percent = (share: number): string =>
  share > 0 && share < 0.005 ? '< 1 %' : `${Math.round(share * 100)} %`;

const SUBJECT_WORDS = { requests: 'request', stages: 'stage', images: 'picture' } as const;
const counted = (n: number, word: string): string => `${formatCount(n)} ${word}${n === 1 ? '' : 's'}`;

export function findingOf(
  explanation: Explanation,
  differences: readonly Told[],
  subject: keyof typeof SUBJECT_WORDS,
): { headline: string; sentence: string } {
  const word = SUBJECT_WORDS[subject];
  const { selection, rest } = explanation;
  const sides = `${counted(selection.of, word)} selected, ${formatCount(rest.of)} in the rest of the range.`;
  const best = differences.find((one) => !one.consequence && one.lcb > 0);
  if (selection.of === 0) return { headline: `No ${word} lies in the selection`, sentence: sides };
  if (rest.of === 0) return { headline: `Every ${word} of the range is selected`, sentence: sides };
  const few = tooFew(explanation);
  if (!best && few)
    return {
      headline: `Too few ${word}s are ${few === 'rest' ? 'left beside the selection' : 'selected'} to say`,
      sentence: `${sides} ${FEW}`,
    };
  if (!best)
    return {
      headline: `The selected ${word}s do not differ from the rest`,
      sentence: `${sides} No attribute differs more than chance explains.`,
    };
  const { selected, rest: other } = sharesOf(best, best.value, explanation);
  return {
    headline: `${percent(selected)} of the selected ${word}s have ${nameWords(best)}; ${percent(other)} of the rest do`,
    sentence: `${sides} The share differs by at least ${Math.round(best.lcb * 100)} points.`,
  };
}

/** As the server has it: of fewer it compares nothing. */
const SIDE_LEAST = 10;
const FEW = `Fewer than ${SIDE_LEAST} say nothing about a share: select more, or take a longer range.`;
export const tooFew = ({ selection, rest }: Explanation): 'selection' | 'rest' | null =>
  selection.of < SIDE_LEAST ? 'selection' : rest.of < SIDE_LEAST ? 'rest' : null;

export interface SelectionChip {
  readonly conditions: readonly string[];
  readonly name: string;
  readonly value: string;
}

/** The two bounds of a time or a latency read as one stretch. */
export function selectionWords(selection: readonly string[], now_ms: number, zone: Zone): SelectionChip[] {
  const out: SelectionChip[] = [];
  for (const field of new Set(selection.map((one) => filterParts(one)?.field ?? one))) {
    const conditions = selection.filter((one) => (filterParts(one)?.field ?? one) === field);
    const parts = conditions.map(filterParts).filter((one) => one !== null);
    const bound = (...ops: string[]): number | null => {
      const found = parts.find((one) => ops.includes(one.op));
      return found ? Number(found.value) : null;
    };
    const [low, high] = [bound('>=', '>'), bound('<', '<=')];
    const plain = parts.some((one) => !['>=', '>', '<', '<='].includes(one.op));
    const shown =
      field === 'timestamp'
        ? (ms: number) => timeWords(ms, now_ms, zone)
        : field.endsWith('_ms')
          ? (ms: number) => formatDuration(ms).replace(/\.0+(?= )/, '')
          : String;
    const value =
      plain || parts.length === 0
        ? conditions.map((one) => one.slice(field.length).replace(/^=/, '')).join(', ')
        : low !== null && high !== null
          ? `${shown(low)} – ${shown(high)}`
          : low !== null
            ? `≥ ${shown(low)}`
            : `< ${shown(high ?? 0)}`;
    out.push({ conditions, name: field === 'timestamp' ? 'time' : fieldWords(field), value });
  }
  return out;
}

function timeWords(ms: number, now_ms: number, zone: Zone): string {
  const text = formatTime(ms, now_ms, zone);
  return /:/.test(text) ? text : `${dayOf(ms, zone)} ${clock(ms, zone)}`;
}

/** Conditions that hold for rows with a value, as filters; null where none can say it. */
export function conditionsFor(attribute: string, value: string | null): string[] | null {
  if (value === null) return [`${attribute}=`];
  const below = /^< (\S+)$/.exec(value);
  if (below) return [`${attribute}<${below[1]}`];
  const above = /^>= (\S+)$/.exec(value);
  if (above) return [`${attribute}>=${above[1]}`];
  const between = /^(-?[\d.e+]+) to (-?[\d.e+]+)$/.exec(value);
  if (between) return [`${attribute}>=${between[1]}`, `${attribute}<${between[2]}`];
  return [`${attribute}=${value}`];
}
