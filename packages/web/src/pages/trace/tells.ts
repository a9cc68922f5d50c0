/** What a span tells, in words and units: its own first, what it shares with the whole request apart. */
import { formatBytes, formatDuration, formatMoney } from '../../format/index.ts';

export interface Told {
  /** As people call it. */
  readonly words: string;
  /** As it was sent. */
  readonly name: string;
  readonly value: string;
}
export interface Tells {
  readonly own: readonly Told[];
  /** The same on every span of the request; most of it stands over the waterfall. */
  readonly shared: readonly Told[];
}

const SHARED: ReadonlySet<string> = new Set([
  'boundary',
  'collection',
  'hardware_class',
  'host',
  'image.id',
  'images',
  'lora_count',
  'model.family',
  'model.version',
  'region',
  'request.id',
  'sequence.id',
  'session.id',
  'stage',
  'tenant',
  'traffic_source',
  'user.hash',
  'workload',
]);
const WORDS: Readonly<Record<string, string>> = {
  'gpu.count': 'GPUs',
  'gpu.mem_mb': 'GPU memory',
  'gpu.seconds': 'GPU time',
  'gpu.type': 'GPU',
  'gpu.util': 'GPU utilisation',
  loras: 'LoRA',
  'model.checkpoint_hash': 'checkpoint',
  'prompt.redactions': 'redactions',
  batch_size: 'batch',
  cost_usd: 'cost',
};
const MB = 1_000_000;
/** By the end of its name: the unit that a figure was sent in. */
const UNITS: readonly (readonly [RegExp, (value: number) => string])[] = [
  [/[._]mem_mb$|_mb$/, (value) => formatBytes(value * MB)],
  [/_bytes$/, formatBytes],
  [/_ms$/, formatDuration],
  [/[._]seconds$/, (value) => formatDuration(value * 1000)],
  [/_usd$/, formatMoney],
  [/[._]util$/, (value) => `${Math.round(value * 100)} %`],
];

/** `_ms` and its like are said by the value. */
const wordsOf = (name: string): string =>
  WORDS[name] ?? name.replace(/_(ms|usd|bytes|mb)$/, '').replace(/^queue\.wait$/, 'queue wait');

function said(name: string, text: string): string {
  if (name === 'loras') return lorasOf(text);
  const unit = UNITS.find(([end]) => end.test(name))?.[1];
  const value = Number(text);
  return unit && text.trim() !== '' && Number.isFinite(value) ? unit(value) : text;
}

/** `["manga-eyes:0.5"]` as `manga-eyes 0.5`; anything else as it is. */
function lorasOf(text: string): string {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list) || !list.every((one) => typeof one === 'string')) return text;
    return list.map((one: string) => one.replace(/:([\d.]+)$/, ' $1')).join(', ');
  } catch {
    return text;
  }
}

export function tellsOf(attributes: Readonly<Record<string, string>>): Tells {
  const left = new Map(
    Object.entries(attributes)
      .map(([name, value]) => [name.replace(/^pegbar\./, ''), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const own: Told[] = [];
  const both = (one: string, other: string, words: string, between: string): void => {
    const [first, second] = [left.get(one), left.get(other)];
    if (first === undefined || second === undefined) return;
    own.push({ words, name: `${one}, ${other}`, value: `${first}${between}${second}` });
    left.delete(one);
    left.delete(other);
  };
  both('width', 'height', 'size', ' × ');
  both('sampler', 'scheduler', 'sampler', ', ');
  const shared: Told[] = [];
  for (const [name, value] of left) {
    const told = { words: wordsOf(name), name, value: said(name, value) };
    (SHARED.has(name) ? shared : own).push(told);
  }
  return { own: own.sort((a, b) => (a.words.toLowerCase() < b.words.toLowerCase() ? -1 : 1)), shared };
}
