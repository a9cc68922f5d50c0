/** What most likely did a change of a KPI: what the hours that findings are made of say about who got a deployment. */
import { type Formula, formulaOf } from '@pegbar/contract';
import { HOUR_MS } from '../rollups/index.ts';
import { causesOf, type Deployed, type Exposure, likelyOf, type Told } from './causes.ts';
import type { Change } from './findings.ts';
import { addUp, figureOf, type Grouped, type Hours } from './findings-read.ts';

export interface ChangeContext {
  readonly hours: Hours;
  readonly deployed: readonly Deployed[];
  /** By tenant and workload, version and workload, version and region. */
  readonly ofTenants: Grouped;
  readonly ofVersions: Grouped;
  readonly ofRegions: Grouped;
  readonly workloadOf: ReadonlyMap<string, string>;
}

/**
 * What was deployed for the segment when it began; null where nothing was, or those without it changed alike.
 * `seen` is the last hour of the window that was as ever: where those after it tell nothing, it may have begun in them.
 */
export function causeOfChange(change: Change, seen: number, context: ChangeContext): Deployed | null {
  const { candidate, from } = change;
  const { hours, deployed } = context;
  const begins_ms = hours.from_ms + from * HOUR_MS;
  const causes = causesOf({
    segment: candidate.segment,
    deployed,
    reach: { before_ms: 0, after_ms: 0 },
    // Changes are known to the hour: it may lie in that one too.
    changed: { from_ms: hours.from_ms + seen * HOUR_MS, to_ms: begins_ms + HOUR_MS },
    moved: change.now - change.before,
    differenceBy: (dimension, values) => differenceBy(change, dimension, values, context),
  });
  return likelyOf(causes)?.deployment ?? null;
}

function differenceBy(
  change: Change,
  dimension: Exposure,
  values: ReadonlySet<string>,
  context: ChangeContext,
): Told {
  const { segment, against, rest } = change.candidate;
  // A release was compared with the version that others were on: that is the difference.
  if (against !== undefined) return 'everyone';
  // The rest of a segment is what differs from it in its tenant or region.
  if (segment[dimension] !== undefined && dimension !== 'workload')
    return rest === undefined ? undefined : againstRest(change, rest);
  if (dimension === 'tenant' && segment.region !== undefined) return allTenants(change, values, context);
  const grouped = groupedBy(dimension, segment, context);
  return grouped && betweenRows(change, dimension, values, grouped, context.workloadOf);
}

/** Rows do not tell the tenants within a region; where all tenants of the workload got it, those did too. */
function allTenants(
  change: Change,
  values: ReadonlySet<string>,
  { ofTenants, workloadOf }: ChangeContext,
): Told {
  const { region, ...segment } = change.candidate.segment;
  const everywhere = { ...change, candidate: { ...change.candidate, segment } };
  const told = betweenRows(everywhere, 'tenant', values, ofTenants, workloadOf);
  return told === 'everyone' ? told : undefined;
}

function againstRest({ candidate, from, to, now, before }: Change, rest: typeof candidate.value): Told {
  const [after, then] = [rest('now', from, to), rest('before', from, to)];
  return after === null || then === null ? undefined : { on: now - before, off: after - then, error: null };
}

/** Rows that tell the dimension within the segment. */
function groupedBy(
  dimension: Exposure,
  { tenant, region }: Readonly<Record<string, string>>,
  { ofTenants, ofVersions, ofRegions }: ChangeContext,
): Grouped | undefined {
  if (tenant !== undefined) return undefined;
  if (dimension === 'model_version') return region === undefined ? ofVersions : ofRegions;
  if (region !== undefined) return undefined;
  return { tenant: ofTenants, region: ofRegions, workload: undefined }[dimension];
}

function betweenRows(
  { candidate: { metric, segment }, from, to }: Change,
  dimension: Exposure,
  values: ReadonlySet<string>,
  grouped: Grouped,
  workloadOf: ReadonlyMap<string, string>,
): Told {
  const sides = addUp(grouped, (key) => {
    const workload = key.workload ?? workloadOf.get(key.model_version!);
    if (workload !== segment.workload) return null;
    if (segment.region !== undefined && key.region !== segment.region) return null;
    return { got: values.has(key[dimension]!) ? 'it' : 'nothing' };
  });
  const formula: Formula = formulaOf(metric, false);
  const of = (got: string, side: 'now' | 'before'): number | null => {
    const found = sides.find((one) => one.segment.got === got);
    return found ? figureOf(formula, found.sides[side], from, to) : null;
  };
  const [onNow, offNow, offBefore] = [of('it', 'now'), of('nothing', 'now'), of('nothing', 'before')];
  // Nobody was on a version before it came: before is what the others were.
  const onBefore = dimension === 'model_version' ? offBefore : of('it', 'before');
  // Not every KPI is read by every dimension.
  if (onNow === null && offNow === null) return undefined;
  if (onNow === null) return 'nobody';
  if (offNow === null) return 'everyone';
  if (onBefore === null || offBefore === null) return undefined;
  return { on: onNow - onBefore, off: offNow - offBefore, error: null };
}
