import { ok, type Result } from '../base/result.ts';
import type { ScopedStore, StoreError } from '../store/index.ts';
import type { DeploymentRecord } from './cdevents.ts';
import { OPEN_OF_SERVICE } from './queries.ts';

/** The mark that the version which is serving was taken back; undefined where nothing of the service is open. */
export async function openOfService(
  store: ScopedStore,
  service: string,
  by: DeploymentRecord,
): Promise<Result<DeploymentRecord | undefined, StoreError>> {
  const found = await store.rows<{ id: string; version: string; kind: string }>(OPEN_OF_SERVICE, {
    params: { prefix: `service/${service}@`, except: by.id },
  });
  if (!found.ok) return found;
  const open = found.value[0];
  if (!open) return ok(undefined);
  const { timestamp, attributes, tenant, region } = by;
  return ok({
    type: 'deployment',
    event_id: `${String(by.event_id)}:back`,
    id: open.id,
    version: open.version,
    kind: open.kind,
    status: 'rolled_back',
    ...Object.fromEntries(
      Object.entries({ timestamp, attributes, tenant, region }).filter(([, value]) => value !== undefined),
    ),
  });
}
