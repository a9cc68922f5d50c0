/**
 * Pairs for a release page: when a version with `evaluation_pairs` is deployed, the old and the new one get the
 * same prompts, seeds and sizes on the same machines, with the traffic source `evaluation`.
 */
import { composePrompt } from './prompts.ts';
import { randomOf } from './random.ts';
import type { SimulatedRecord } from './records.ts';
import { type Ask, planRequest } from './request.ts';
import type { WantsSpans } from './sessions.ts';
import { tellRequest } from './stages.ts';
import type { ReadyTenant, Studio } from './studio.ts';
import type { PlacedIncident, PlacedVersion } from './timeline.ts';

export const EVALUATION_SOURCE = 'evaluation';
/** Pause between two pairs, so that an evaluation of 64 pairs takes some 45 minutes. */
const PAIR_EVERY_MS = 40_000;

export function tellEvaluations(
  studio: Studio,
  startsIn: { from_ms: number; to_ms: number },
  incidents: readonly PlacedIncident[],
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): void {
  for (const versions of studio.timeline.versions.values()) {
    for (const [i, version] of versions.entries()) {
      const previous = versions[i - 1];
      if (!previous || version.evaluation_pairs === 0) continue;
      for (let pair = 0; pair < version.evaluation_pairs; pair++) {
        const start_ms = version.deployed_ms + pair * PAIR_EVERY_MS;
        if (start_ms < startsIn.from_ms || start_ms >= startsIn.to_ms) continue;
        tellPair(studio, previous, version, pair, start_ms, incidents, wantsSpans, out);
      }
    }
  }
}

function tellPair(
  studio: Studio,
  previous: PlacedVersion,
  version: PlacedVersion,
  pair: number,
  start_ms: number,
  incidents: readonly PlacedIncident[],
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): void {
  const tenants = studio.tenants.filter((one) => workloadOf(one, version) !== undefined);
  const tenant = tenants[pair % Math.max(1, tenants.length)];
  const workload = tenant && workloadOf(tenant, version);
  const place = tenant?.regionShares[0];
  if (!tenant || !workload || !place) return;
  const random = randomOf(studio.seed, 'pair', version.version, pair);
  const ask: Ask = {
    tenant,
    region: place.region,
    utc_offset_ms: place.utc_offset_ms,
    workload,
    collection: tenant.collections.pick(random),
    source: EVALUATION_SOURCE,
    session_id: `ses_eval_${version.version}_${pair}`,
    user_id_hash: `evaluation-${tenant.name}`,
    said: tenant.people.said(`evaluation-${tenant.name}`, start_ms),
    start_ms,
    prompt: composePrompt(tenant.vocabulary, random),
    seed: random.seed64(),
    size: workload.sizes.pick(random),
    hardware: tenant.hardware.pick(random),
    unfailing: true,
  };
  for (const side of [previous, version]) {
    const own = randomOf(studio.seed, 'pair', version.version, pair, side.version);
    const plan = planRequest(studio, incidents, { ...ask, version: side }, own);
    tellRequest(studio, plan, own, out, wantsSpans(start_ms));
  }
}

function workloadOf(
  tenant: ReadyTenant,
  version: PlacedVersion,
): ReadyTenant['workloadList'][number] | undefined {
  return tenant.workloadList.find((one) => one.spec.family === version.family);
}
