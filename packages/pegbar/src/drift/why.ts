/** Why a drift began: when, with which deployment, and which version was the last good one. */
import { likelyOf } from '../explore/index.ts';
import { type BesideRow, candidatesOf } from './cause.ts';
import type { Deployed } from './changes.ts';
import { focused } from './content/hours.ts';
import { type DatedChange, dateChange } from './dating.ts';
import type { Judged } from './engine.ts';
import { mergeHours, type Series } from './series.ts';
import type { Why } from './tell.ts';
import type { Window } from './windows.ts';

/** The rows beside a drift, by tenant and one dimension or a stored pair. */
export type Beside = (one: Judged) => readonly BesideRow[];

export function rowsBeside(series: readonly Series[]): Beside {
  const known = new Map<string, BesideRow[]>();
  for (const { metric, segment, parts } of series) {
    const { pipeline_stage = '', ...place } = segment;
    if (place.tenant === undefined || Object.keys(place).length < 2) continue;
    const key = `${metric.name}\n${pipeline_stage}`;
    const rows = known.get(key) ?? [];
    known.set(key, rows);
    rows.push({ segment: place, hours: mergeHours(parts.values()) });
  }
  return ({ series: { metric, segment } }) =>
    known.get(`${metric.name}\n${segment.pipeline_stage ?? ''}`) ?? [];
}

interface WhyContext {
  deployed: readonly Deployed[];
  beside: Beside;
  current: Window;
  reference: Window;
}

/** Of content that of the word that it is dated by: a divergence only grows, and so may what makes it be a word that went. */
const directionOf = ({ comparison: { now, before, focus, explanation } }: Judged): 'up' | 'down' => {
  const by = focus === undefined ? (now ?? 0) - (before ?? 0) : (explanation.shift ?? 0);
  return by >= 0 ? 'up' : 'down';
};

const CHANGES = new WeakMap<Judged, DatedChange | null>();

/** When it began; asked for what may have done it, and again when it is told. */
export function changeOf(one: Judged, current: Window, reference: Window): DatedChange | null {
  const known = CHANGES.get(one);
  if (known !== undefined) return known;
  const { comparison, isReference } = one;
  const series = focused(one);
  const all = { from_ms: Math.min(reference.from_ms, current.from_ms), to_ms: current.to_ms };
  const parts = [...series.parts.values()];
  const change = dateChange(series, parts, isReference, all, directionOf(one), comparison.designEffect);
  CHANGES.set(one, change);
  return change;
}

export function whyOf(one: Judged, { deployed, beside, current, reference }: WhyContext): Why {
  const { comparison, isReference, against } = one;
  const series = focused(one);
  if (against !== null) return whyOfRelease(one, directionOf(one), deployed, current);
  const change = changeOf(one, current, reference);
  const candidates = candidatesOf({
    series,
    deployed,
    beside: beside(one),
    current,
    isReference,
    designEffect: comparison.designEffect,
    change,
  });
  const likely = likelyOf(candidates);
  return { change, candidates, lastGood: likely?.deployment.previous ?? null };
}

/** A version differs from the one before since it came: that is the change, and it the cause. */
function whyOfRelease(
  one: Judged,
  direction: 'up' | 'down',
  deployed: readonly Deployed[],
  current: Window,
): Why {
  const { series, against } = one;
  const start = deployed
    .filter(({ status, version }) => status === 'start' && version === series.segment.model_version)
    .sort((a, b) => a.at_ms - b.at_ms)[0];
  if (!start) return { change: null, candidates: [], lastGood: against };
  const began = Math.min(start.at_ms, current.to_ms);
  return {
    change: { at_ms: began, after_ms: began, direction },
    candidates: [{ deployment: start, lag_h: 0, did: didOfRelease(one), score: 1 }],
    lastGood: against,
  };
}

/** Those on it against the version before at the same time: that is what was compared. */
const didOfRelease = ({ comparison: { now, before } }: Judged) =>
  now === null || before === null ? null : { on: now - before, off: 0, share: 1 };
