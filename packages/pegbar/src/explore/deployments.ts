/** Releases and other changes: the marks on the charts. */
import { ok, type Result } from '../base/result.ts';
import type { Deployed } from './causes.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import * as SQL from './queries.ts';
import type { TimeRange } from './range.ts';

const FIELDS = fieldsOf('deployments', {}, 't.');

/** Newest first; `next_cursor` is always null, `truncated` where there are more than `limit`. */
export async function listDeployments(
  { store }: ExploreDeps,
  asking: Asking,
  { from_ms, to_ms, conditions, limit }: TimeRange & { conditions: readonly Condition[]; limit: number },
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const where = whereOf(conditions, FIELDS);
  if (!where.ok) return where;
  const found = await store
    .scoped(asking.scope)
    .rows<Record<string, unknown>>(SQL.listDeployments(where.value.sql), {
      params: { ...where.value.params, from: from_ms, to: to_ms, limit: limit + 1 },
      ...signalOf(asking),
    });
  if (!found.ok) return fromStore(found.error);
  const items = found.value.slice(0, limit).map((row) => tell(row, ['id', 'kind', 'version', 'status']));
  return ok({ items, next_cursor: null, truncated: found.value.length > limit });
}

/** Deployments of a window are few; what is beyond the newest thousand explains nothing of today. */
const DEPLOYMENTS_MOST = 1_000;

/** The same for whoever looks for a cause. */
export async function readDeployed(
  deps: ExploreDeps,
  asking: Asking,
  { from_ms, to_ms }: TimeRange,
): Promise<Result<Deployed[], ExploreError>> {
  const listed = await listDeployments(deps, asking, {
    from_ms,
    to_ms,
    conditions: [],
    limit: DEPLOYMENTS_MOST,
  });
  if (!listed.ok) return listed;
  const items = listed.value.items as (Record<string, string> & { attributes?: Record<string, string> })[];
  return ok(
    items.map((one) => ({
      id: one.id!,
      at_ms: Date.parse(one.timestamp!),
      kind: one.kind!,
      status: one.status!,
      tenant: one.tenant!,
      ...(one.version && { version: one.version }),
      ...(one.previous && { previous: one.previous }),
      ...(one.region && { region: one.region }),
      ...(one.workload && { workload: one.workload }),
      ...(one.model_version && { model_version: one.model_version }),
      ...(one.note && { note: one.note }),
      detected: one.attributes?.detected === 'true',
    })),
  );
}
