/** One thing seen twice: what is told under another finding and not beside it. */
import { type Candidate, type Deployed, likelyOf } from '../explore/index.ts';
import type { Judged } from './engine.ts';
import type { DriftMetric } from './metrics.ts';
import type { Segment } from './series.ts';
import type { Why } from './tell.ts';

export interface Told {
  readonly one: Judged;
  readonly why: Why;
}

/** A change is dated to hours, and a slow one the worse the longer it has been under way. */
const ONSET_MS = 12 * 3_600_000;
const ONSET_SHARE = 0.5;

/**
 * Whether it is what `told` (the headline first) did elsewhere: the deployment that did that may have done this and moved
 * things of its kind, or it began with it in rows that hold each other. Never where both have causes that differ.
 */
export function isEchoOf(entry: Told, told: readonly Told[], to_ms: number): boolean {
  const main = told[0]!;
  const [own, its] = [likelyOf(entry.why.candidates), likelyOf(main.why.candidates)];
  if (own && its) return isSameDeployment(own.deployment, its.deployment);
  if (its) return mayBeOf(entry, its) && told.some(({ one }) => isMovedAlike(entry.one, one));
  if (own) return false;
  return told.some(
    (each) =>
      isKin(entry.one.series.metric, each.one.series.metric) &&
      isOneInOther(entry.one.series.segment, each.one.series.segment) &&
      beganTogether(entry.why, each.why, to_ms),
  );
}

/** Both have a likely cause, and it is not the same: two findings, however alike they look. */
export function haveOtherCauses(a: Why, b: Why): boolean {
  const [one, other] = [likelyOf(a.candidates), likelyOf(b.candidates)];
  return one !== null && other !== null && !isSameDeployment(one.deployment, other.deployment);
}

/** What several tenants tell of one change is one change. */
const isSameDeployment = (a: Deployed, b: Deployed): boolean =>
  a.kind === b.kind && (a.version ?? a.id) === (b.version ?? b.id);

/** It came when this began, and those without it do not speak against it: too few to prove whose it is. */
const mayBeOf = ({ why }: Told, { deployment }: Candidate): boolean =>
  why.candidates.some((one) => one.score > 0 && isSameDeployment(one.deployment, deployment));

/** Those without the cause of `main` changed as much. */
export function isAgainst(why: Why, main: Why): boolean {
  const its = likelyOf(main.candidates);
  return (
    its !== null &&
    why.candidates.some((one) => one.score === 0 && isSameDeployment(one.deployment, its.deployment))
  );
}

/** The same metric the same way, or another of its kind. */
export function isMovedAlike(one: Judged, told: Judged): boolean {
  const [a, b] = [one.series.metric, told.series.metric];
  return a.name === b.name ? isUp(one) === isUp(told) : isKin(a, b);
}

const isUp = ({ comparison: { now, before } }: Judged): boolean => (now ?? 0) >= (before ?? 0);

/** What takes longer costs more; all else moves within its family. */
const kindOf = ({ family }: DriftMetric): string => (family === 'cost' ? 'performance' : family);
const isKin = (a: DriftMetric, b: DriftMetric): boolean => kindOf(a) === kindOf(b);

/** All rows of one segment are rows of the other. */
function isOneInOther(a: Segment, b: Segment): boolean {
  const [{ pipeline_stage: _a, ...one }, { pipeline_stage: _b, ...other }] = [a, b];
  return holds(one, other) || holds(other, one);
}
const holds = (whole: Segment, part: Segment): boolean =>
  Object.entries(whole).every(([name, value]) => part[name] === value);

function beganTogether(a: Why, b: Why, to_ms: number): boolean {
  if (!a.change || !b.change) return false;
  const age = to_ms - Math.min(a.change.at_ms, b.change.at_ms);
  return Math.abs(a.change.at_ms - b.change.at_ms) <= Math.max(ONSET_MS, age * ONSET_SHARE);
}
