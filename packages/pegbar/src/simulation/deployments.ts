/** Marks of releases and of announced or guilty changes, told to every tenant that they touch. */
import type { DeploymentRecord } from './records.ts';
import type { ReadyTenant, Studio } from './studio.ts';
import type { PlacedIncident, PlacedVersion } from './timeline.ts';

/** All deployment records of the scenario, in time order, whenever they are. */
export function deploymentsOf(studio: Studio): DeploymentRecord[] {
  const records: DeploymentRecord[] = [];
  for (const versions of studio.timeline.versions.values()) {
    for (const version of versions) for (const record of releaseMarks(studio, version)) records.push(record);
  }
  for (const placed of studio.timeline.incidents) {
    for (const record of incidentMarks(studio, placed)) records.push(record);
  }
  return records.sort((a, b) => a.timestamp - b.timestamp);
}

/** A release starts; the one before it ends when the new one has all the traffic. */
function* releaseMarks(studio: Studio, version: PlacedVersion): Generator<DeploymentRecord> {
  const full = version.rollout.find((step) => step.share >= 1);
  for (const tenant of studio.tenants) {
    const workload = tenant.workloadList.find((one) => one.spec.family === version.family);
    if (!workload) continue;
    yield {
      ...mark(tenant.name, version.version, 'start', version.deployed_ms),
      workload: workload.name,
      kind: 'model',
      version: version.version,
      ...(version.previous === undefined ? {} : { previous: version.previous }),
      ...(version.note === undefined ? {} : { note: version.note }),
    };
    if (!full || version.previous === undefined) continue;
    yield {
      ...mark(tenant.name, version.previous, 'end', version.deployed_ms + full.after),
      workload: workload.name,
      kind: 'model',
      version: version.previous,
    };
  }
}

function* incidentMarks(studio: Studio, placed: PlacedIncident): Generator<DeploymentRecord> {
  const { deployment, where } = placed.incident;
  if (!deployment) return;
  for (const tenant of studio.tenants) {
    if (!touches(tenant, placed)) continue;
    const common = {
      ...(where.region === undefined ? {} : { region: where.region }),
      ...(where.workload === undefined ? {} : { workload: where.workload }),
      kind: deployment.kind,
      version: deployment.version,
      ...(deployment.previous === undefined ? {} : { previous: deployment.previous }),
      ...(deployment.note === undefined ? {} : { note: deployment.note }),
    };
    yield {
      ...mark(tenant.name, deployment.id, 'start', placed.start_ms - (deployment.lead ?? 0)),
      ...common,
    };
    if (placed.end_ms === Infinity) continue;
    yield { ...mark(tenant.name, deployment.id, deployment.ends_as ?? 'end', placed.end_ms), ...common };
  }
}

function mark(
  tenant: string,
  id: string,
  status: DeploymentRecord['status'],
  timestamp: number,
): Pick<DeploymentRecord, 'type' | 'event_id' | 'timestamp' | 'tenant' | 'id' | 'status'> {
  return { type: 'deployment', event_id: `deployment.${id}.${status}`, timestamp, tenant, id, status };
}

function touches(tenant: ReadyTenant, { incident: { where } }: PlacedIncident): boolean {
  if (where.tenant !== undefined && where.tenant !== tenant.name) return false;
  if (where.region !== undefined && !(where.region in tenant.spec.regions)) return false;
  return where.workload === undefined || where.workload in tenant.spec.workloads;
}
