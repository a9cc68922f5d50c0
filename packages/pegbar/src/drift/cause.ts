/** Which release or change most likely did it: time, place, and what happened to those who did not get it. Pure. */
import type { Deployed } from './changes.ts';
import {
  HOUR_MS,
  type Hours,
  hoursWhere,
  meanOfHour,
  mergeHours,
  type Segment,
  type Series,
} from './series.ts';
import type { Window } from './windows.ts';

export interface Candidate {
  readonly deployment: Deployed;
  /** Hours from the deployment to the change; negative where the change was dated before it. */
  readonly lag_h: number;
  /** Difference in differences, in the series' own unit (or in log of it); null where nobody is without it. */
  readonly did: { readonly on: number; readonly off: number; readonly share: number } | null;
  /** 0 to 1: how well it explains the change. */
  readonly score: number;
}

/** A change is dated to the hour, and noise and a gradual roll-out date it later: so long before it a cause may lie. */
const BEFORE_H = 12;
const AFTER_H = 8;
/** Below it "none likely" is said. */
export const SCORE_LEAST = 0.5;
/** A fall or rise that those without the release share to this part is not the release's. */
const OWN_SHARE = 0.5;

export interface CauseQuestion {
  readonly series: Pick<Series, 'sampling' | 'segment'>;
  readonly changed_ms: number | null;
  readonly deployed: readonly Deployed[];
  /** Hours of the series by model version; empty where they are not known. */
  readonly versions: ReadonlyMap<string, Hours>;
  readonly current: Window;
  readonly isReference: (at_ms: number) => boolean;
}

/** All that could have, the likeliest first. */
export function candidatesOf(question: CauseQuestion): Candidate[] {
  const { series, changed_ms, deployed } = question;
  const at = changed_ms ?? question.current.from_ms;
  const near = deployed.filter(
    (one) =>
      one.status === 'start' &&
      one.at_ms >= at - BEFORE_H * HOUR_MS &&
      one.at_ms < at + AFTER_H * HOUR_MS &&
      fits(one, series.segment),
  );
  const seen = new Set<string>();
  return near
    .filter(({ id, version }) => {
      const name = version ?? id;
      return !seen.has(name) && seen.add(name);
    })
    .map((deployment) => candidate(deployment, at, question))
    .sort((a, b) => b.score - a.score || Math.abs(a.lag_h) - Math.abs(b.lag_h));
}

export function fits(deployed: Deployed, segment: Segment): boolean {
  return (
    (['tenant', 'region', 'workload'] as const).every(
      (name) => !deployed[name] || segment[name] === undefined || segment[name] === deployed[name],
    ) &&
    (segment.model_version === undefined ||
      !deployed.version ||
      deployed.kind !== 'model' ||
      segment.model_version === deployed.version)
  );
}

function candidate(deployment: Deployed, changed_ms: number, question: CauseQuestion): Candidate {
  const lag_h = (changed_ms - deployment.at_ms) / HOUR_MS;
  // An hour either way is the grain of the dating.
  const away = lag_h < 0 ? Math.max(0, -lag_h - 1) / AFTER_H : Math.max(0, lag_h - 1) / BEFORE_H;
  const close = Math.max(0, 1 - away);
  const did = differenceInDifferences(deployment, question);
  const own = did === null ? TIMING_ONLY : Math.max(0, Math.min(1, did.share));
  return { deployment, lag_h, did, score: did !== null && did.share < OWN_SHARE ? 0 : close * own };
}

/** Nearness in time alone is worth this much. */
const TIMING_ONLY = 0.7;

/**
 * (with the version, after) − (all, before) against (without it, after) − (all without it, before): what the release
 * changed beyond what everybody saw (Card & Krueger 1994). The share is of the change of those on it.
 */
function differenceInDifferences(
  deployment: Deployed,
  { series, versions, current, isReference }: CauseQuestion,
): Candidate['did'] {
  if (!deployment.version || versions.size < 2) return null;
  const on = versions.get(deployment.version);
  if (!on) return null;
  const others = mergeHours(
    [...versions].filter(([name]) => name !== deployment.version).map(([, one]) => one),
  );
  const after = (at: number): boolean =>
    at >= deployment.at_ms - HOUR_MS && at < current.to_ms && at >= current.from_ms;
  const [onAfter, offAfter, before] = [
    meanOver(series, hoursWhere(on, after)),
    meanOver(series, hoursWhere(others, after)),
    meanOver(series, hoursWhere(others, isReference)),
  ];
  if (onAfter === null || offAfter === null || before === null) return null;
  const [moved, elsewhere] = [onAfter - before, offAfter - before];
  return { on: moved, off: elsewhere, share: moved === 0 ? 0 : (moved - elsewhere) / moved };
}

function meanOver({ sampling }: Pick<Series, 'sampling'>, hours: Hours): number | null {
  let [sum, n] = [0, 0];
  for (const hour of hours.values()) {
    const one = meanOfHour(sampling, hour);
    if (!(one.n > 0)) continue;
    sum += one.mean * one.n;
    n += one.n;
  }
  return n > 0 ? sum / n : null;
}
