/** What is so about a request, in one line and one sentence, with the figures that it rests on. */
import type { RequestRow, UsualTimes } from '../../api/index.ts';
import { FEW, formatDuration } from '../../format/index.ts';

export interface StageTime {
  readonly name: string;
  readonly ms: number;
}

/** Within this share of the median a request took as long as others. */
const SAME = 0.15;
/** A stage that explains less than this share of the whole is not named. */
const WORTH = 0.08;

const seconds = (ms: number): string =>
  ms >= 1000 && ms < 59_950 ? `${(ms / 1000).toFixed(ms >= 9_950 ? 0 : 1)} s` : formatDuration(ms);
const ENDS: Readonly<Record<string, string>> = {
  failed: 'failed',
  timed_out: 'timed out',
  blocked: 'was blocked',
  cancelled: 'was cancelled',
  rejected: 'was rejected',
};

export function headlineOf(request: RequestRow, usual: UsualTimes | null): string {
  const { latency_ms: ms, outcome } = request;
  if (outcome === 'pending') return 'This request has not ended';
  const end = ENDS[outcome];
  if (end !== undefined) {
    const why = request.error_message ? `: ${request.error_message.slice(0, 120)}` : '';
    return `This request ${end}${ms === null ? '' : ` after ${seconds(ms)}`}${why}`;
  }
  if (ms === null) return 'This request succeeded';
  const p50 = usual && usual.request.n >= FEW ? usual.request.p50_ms : null;
  if (p50 === null || !usual) return `This request took ${seconds(ms)}`;
  const others = usual.previous ? usual.version : `the median of ${usual.version}`;
  if (Math.abs(ms - p50) / p50 <= SAME) return `This request took ${seconds(ms)}, as long as ${others}`;
  return `This request took ${seconds(ms)}; ${others} ${usual.previous ? 'takes' : 'is'} ${seconds(p50)}`;
}

/** The stage that differs most from its median; null where none can be told. */
export function worstStage(
  stages: readonly StageTime[],
  usual: UsualTimes | null,
): { name: string; more: number } | null {
  if (!usual) return null;
  const sums = new Map<string, number>();
  for (const { name, ms } of stages) sums.set(name, (sums.get(name) ?? 0) + ms);
  const told = [...sums].flatMap(([name, ms]) => {
    const of = usual.stages.get(name);
    return of?.p50_ms == null || of.n < FEW ? [] : [{ name, more: ms - of.p50_ms }];
  });
  if (told.length === 0) return null;
  return told.reduce((a, b) => (Math.abs(b.more) > Math.abs(a.more) ? b : a));
}

/** Which stage differs most from its median, and by how much. */
export function sentenceOf(
  request: RequestRow,
  stages: readonly StageTime[],
  usual: UsualTimes | null,
): string | null {
  const worst = worstStage(stages, usual);
  if (!usual || !worst || request.latency_ms === null) return null;
  const name = worst.name.charAt(0).toUpperCase() + worst.name.slice(1);
  if (Math.abs(worst.more) < WORTH * request.latency_ms)
    return `Every stage took about as long as the median of ${usual.version}.`;
  const word = worst.more > 0 ? 'longer' : 'shorter';
  return `${name} is ${seconds(Math.abs(worst.more))} ${word} than the median of ${usual.version}.`;
}
