/** A judged comparison as the API answers it. */
import { type Candidate, likelyOf } from '../explore/index.ts';
import type { DatedChange } from './dating.ts';
import type { Judged } from './engine.ts';
import { isNumeric } from './series.ts';
import { instant } from './windows.ts';
import { changeWords } from './words.ts';

export interface Why {
  readonly change: DatedChange | null;
  readonly candidates: readonly Candidate[];
  /** The version that served before the change, where the segment is on another since. */
  readonly lastGood: string | null;
}

const finite = (value: number | undefined | null): number | null =>
  value !== undefined && value !== null && Number.isFinite(value) ? value : null;

/** The figures; `why` is told of drift only. */
export function tellSeries(one: Judged, why: Why | null): Record<string, unknown> {
  const { series, comparison, judgement, verdict, against, persists } = one;
  const { evidence, explanation } = comparison;
  const { metric, sampling } = series;
  return {
    metric: metric.name,
    segment: series.segment,
    against,
    verdict,
    reason: judgement.reason,
    words: changeWords(one),
    unit: metric.unit,
    now: finite(comparison.now),
    before: finite(comparison.before),
    shift: finite(isNumeric(sampling) ? explanation.shift : (comparison.now ?? 0) - (comparison.before ?? 0)),
    shift_interval: explanation.interval?.every(Number.isFinite) ? explanation.interval : null,
    better: betterOf(one),
    because: judgement.because,
    p: evidence.p,
    p_adjusted: judgement.pAdjusted,
    ...(comparison.kl === undefined ? {} : { kl: comparison.kl }),
    psi: evidence.psi,
    psi_debiased: evidence.psiDebiased,
    least_effect: comparison.leastEffect,
    n_ref: Math.round(evidence.nReference),
    n_cur: Math.round(evidence.nCurrent),
    n_needed: judgement.nNeeded ?? null,
    design_effect: comparison.designEffect,
    persists: persists ?? null,
    within: evidence.within ?? null,
    mix: evidence.mix ?? null,
    contributors: explanation.contributors.map((part) => ({
      name: part.name,
      from: finite(part.from),
      to: finite(part.to),
      share: part.share,
      direction: part.direction,
      reference: part.shareReference,
      current: part.shareCurrent,
    })),
    ...(why ? { ...tellWhy(why), distribution: comparison.distribution } : {}),
  };
}

function betterOf({ series: { metric }, comparison: { now, before } }: Judged): boolean | null {
  if (metric.better === 'neither' || now === null || before === null || now === before) return null;
  return metric.better === 'up' ? now > before : now < before;
}

function tellWhy({ change, candidates, lastGood }: Why): Record<string, unknown> {
  const likely = likelyOf(candidates);
  const others = candidates.filter((one) => one !== likely);
  return {
    since: change ? instant(change.at_ms) : null,
    cause: likely ? tellCandidate(likely) : null,
    cause_words: likely ? causeWords(likely, change) : 'none likely',
    alternatives: others.slice(0, ALTERNATIVES).map(tellCandidate),
    last_good_version: lastGood,
  };
}
const ALTERNATIVES = 5;

function tellCandidate({ deployment, lag_h, did, score }: Candidate): Record<string, unknown> {
  const { at_ms, ...rest } = deployment;
  return { ...rest, timestamp: instant(at_ms), lag_h, did, score };
}

function causeWords({ deployment, lag_h, did }: Candidate, change: DatedChange | null): string {
  const name = deployment.version ?? deployment.id;
  const others =
    did === null
      ? 'nobody was without it, so timing is all there is'
      : did.share > 0.8
        ? 'those without it did not change'
        : `${Math.round(did.share * 100)} % of the change is beyond what those without it saw`;
  return `${name} (${deployment.kind}) started ${whenWords(deployment.at_ms, lag_h, change)}; ${others}`;
}

function whenWords(at_ms: number, lag_h: number, change: DatedChange | null): string {
  if (change === null) return 'near a change of which the hour cannot be told';
  if (Math.abs(lag_h) < 1.5) return 'in the hour of the change';
  const away = `${Math.abs(Math.round(lag_h))} h ${lag_h > 0 ? 'before' : 'after'} the change`;
  return lag_h > 0 && at_ms >= change.after_ms ? `${away}, with nothing seen in between` : away;
}
