/** Questions about what is stored. */
import {
  type Condition,
  findImage,
  findRequest,
  findTrace,
  fromStore,
  listDeployments,
  listImages,
  listLogs,
  listRequests,
  listSeries,
  readKpis,
  tailLogs,
} from '../../explore/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, kpiQuestionOf, listOf, pageOf, stepOf } from '../parameters.ts';
import { json } from '../wire.ts';

const HOUR_MS = 3_600_000;
/** Four weeks: what the charts show by default at most. */
const DEPLOYMENTS_MS = 28 * 24 * HOUR_MS;
/** A query is text of people. */
const SQL_BYTES = 256 * 1024;
const SQL_CHARACTERS = 100_000;
/** The engine's own refusals of somebody's SQL; the rest is ours or the moment's. */
const RETRYABLE_TYPES: ReadonlySet<string> = new Set(['BUSY', 'CANCELLED']);
const LIMIT_CODES: ReadonlySet<number | null> = new Set([158, 159, 160, 241, 307, 396]);

/** The id of the address as the tenant's policy stores it; over all tenants it is looked for as it is. */
function idOf({ params, scope }: Call, { storedId }: ApiDeps): string {
  const id = params.id!;
  return scope.tenant === null ? id : (storedId?.(scope.tenant, id) ?? id);
}

export function questionHandlers(deps: ApiDeps): Handlers {
  const rollups = createRollupReader(deps);

  return {
    async listRequests(call) {
      return json(orRefuse(await listRequests(deps, askingOf(call), pageOf(call, deps))));
    },
    async getRequest(call) {
      return json(orRefuse(await findRequest(deps, askingOf(call), idOf(call, deps), listOf(call, 'parts'))));
    },
    async getTrace(call) {
      return json(orRefuse(await findTrace(deps, askingOf(call), call.params.trace_id!)));
    },
    async listImages(call) {
      return json(orRefuse(await listImages(deps, askingOf(call), pageOf(call, deps))));
    },
    async getImage(call) {
      return json(orRefuse(await findImage(deps, askingOf(call), idOf(call, deps))));
    },
    async listDeployments(call) {
      return json(orRefuse(await listDeployments(deps, askingOf(call), pageOf(call, deps, DEPLOYMENTS_MS))));
    },
    async listMetricSeries(call) {
      const name = call.url.searchParams.get('name');
      const page = pageOf(call, deps, HOUR_MS);
      const named: Condition[] = name === null ? [] : [{ field: 'name', op: '=', values: [name] }];
      const question = {
        ...page,
        conditions: [...named, ...page.conditions],
        step_ms: stepOf(call),
        aggregation: call.url.searchParams.get('aggregation') ?? 'auto',
      };
      return json(orRefuse(await listSeries(deps, askingOf(call), question)));
    },
    async listLogs(call) {
      const after = call.url.searchParams.get('after');
      if (after !== null) {
        const { conditions, limit } = pageOf(call, deps, HOUR_MS);
        return json(orRefuse(await tailLogs(deps, askingOf(call), { conditions, limit, after })));
      }
      return json(orRefuse(await listLogs(deps, askingOf(call), pageOf(call, deps, HOUR_MS))));
    },
    async getKpis(call) {
      const question = kpiQuestionOf(call, deps);
      return json(orRefuse(await readKpis({ ...deps, rollups }, askingOf(call), question)));
    },
    async query(call) {
      const { sql, ...others } = await readJson(call.request, SQL_BYTES);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined)
        throw new Refusal('unknown_field', `there is no field ${unknown.slice(0, 80)}`, { field: unknown });
      if (typeof sql !== 'string' || sql.trim() === '' || sql.length > SQL_CHARACTERS)
        throw new Refusal('invalid_request', `sql is not text of 1 to ${SQL_CHARACTERS} characters`, {
          field: 'sql',
        });
      const answer = await deps.wall.query(call.scope, sql, { signal: call.signal });
      if (answer.ok) return json(answer.value);
      const { error } = answer;
      if (LIMIT_CODES.has(error.code)) throw new Refusal('query_limit', error.message);
      if (error.kind === 'rejected' && !RETRYABLE_TYPES.has(error.type) && error.type !== 'CLIENT_TIMEOUT')
        throw new Refusal('query_rejected', error.message, { field: 'sql' });
      return orRefuse(fromStore(error));
    },
  };
}
