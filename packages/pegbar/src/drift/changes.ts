/** Deployments: what may have done it, and what of the baseline it spoilt. */
import type { Deployed } from '../explore/index.ts';
import { HOUR_MS, type Segment } from './series.ts';
import type { Window } from './windows.ts';

export { type Deployed, readDeployed as readDeployments } from '../explore/index.ts';

export interface Excluded extends Window {
  readonly tenant: string;
  readonly region: string | undefined;
  readonly workload: string | undefined;
  readonly why: string;
}

/** Kinds of deployments that announce load and no change. */
const LOAD_KINDS: ReadonlySet<string> = new Set(['planned_load']);

/**
 * Windows that deployments tell to be no normal time: what was rolled back or failed, and announced load, from its
 * start to its end. What has not ended goes on until `to_ms`.
 */
export function excludedWindows(deployed: readonly Deployed[], to_ms: number): Excluded[] {
  const out: Excluded[] = [];
  for (const start of deployed.filter(({ status }) => status === 'start')) {
    const end = deployed
      .filter((one) => one.id === start.id && one.tenant === start.tenant && one.status !== 'start')
      .filter((one) => one.at_ms >= start.at_ms)
      .sort((a, b) => a.at_ms - b.at_ms)[0];
    const isLoad = LOAD_KINDS.has(start.kind);
    const isUndone = end?.status === 'rolled_back' || end?.status === 'failed';
    if (!isLoad && !isUndone) continue;
    out.push({
      from_ms: Math.floor(start.at_ms / HOUR_MS) * HOUR_MS,
      to_ms: Math.ceil((end?.at_ms ?? to_ms) / HOUR_MS) * HOUR_MS,
      tenant: start.tenant,
      region: start.region,
      workload: start.workload,
      why: isLoad
        ? `${start.id}: announced load`
        : `${start.id}: ${end!.status === 'failed' ? 'failed' : 'rolled back'}`,
    });
  }
  return out;
}

/** Whether an excluded window is about any of a segment's rows. */
export function touches(excluded: Excluded, segment: Segment): boolean {
  return (['tenant', 'region', 'workload'] as const).every(
    (name) => !excluded[name] || segment[name] === undefined || segment[name] === excluded[name],
  );
}
