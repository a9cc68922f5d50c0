/** People who want no telemetry: what comes of them is dropped at the door, from the moment they are listed. */
import type { Clock } from '../base/clock.ts';
import type { State } from '../state/index.ts';
import type { TenantScope } from '../store/index.ts';
import * as SQL from './queries.ts';

export interface OptOuts {
  list(scope: TenantScope): Promise<{ tenant: string; user_hash: string; since: string }[]>;
  add(tenant: string, user_hash: string): Promise<void>;
  /** Whether the user was listed. */
  remove(tenant: string, user_hash: string): Promise<boolean>;
}

export function createOptOuts(deps: {
  state: State;
  /** `tenant/user hash`, which ingest reads. */
  optOuts: Set<string>;
  clock: Clock;
}): OptOuts {
  const { state, optOuts, clock } = deps;
  return {
    async list({ tenant }) {
      const rows = await state.all<{ tenant: string; user_hash: string; since: number }>(SQL.LIST_OPT_OUTS);
      return rows
        .filter((row) => tenant === null || row.tenant === tenant)
        .map((row) => ({ ...row, since: new Date(row.since).toISOString() }));
    },
    async add(tenant, user_hash) {
      await state.run(SQL.INSERT_OPT_OUT, [tenant, user_hash, clock.now()]);
      optOuts.add(`${tenant}/${user_hash}`);
    },
    async remove(tenant, user_hash) {
      const { changes } = await state.run(SQL.DELETE_OPT_OUT, [tenant, user_hash]);
      optOuts.delete(`${tenant}/${user_hash}`);
      return changes > 0;
    },
  };
}
