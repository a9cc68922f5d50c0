/** Where the watch over each monitor stands: rows of the state store, so that a restart goes on where it stopped. */
import type { Queries } from '../../state/index.ts';
import * as SQL from '../queries.ts';
import type { Budget } from './budget.ts';
import { nameOf } from './in-force.ts';

export interface Watched {
  readonly name: string;
  readonly tenant: string;
  /** End of the last window that was looked at; of one that failed, of the last that did not. */
  readonly looked_ms: number;
  /** When that was. */
  readonly at_ms: number;
  /** What was looked at, as JSON: another one begins anew. */
  readonly spec: string;
  readonly verdict: string | null;
  readonly series: number;
  readonly drifting: number;
  readonly error: string | null;
  readonly budget: Budget | null;
}

type Stored = {
  monitor: string;
  tenant: string;
  looked: number;
  at: number;
  spec: string;
  verdict: string | null;
  series: number;
  drifting: number;
  error: string | null;
  budget: string | null;
};

export async function readWatched(state: Queries): Promise<Map<string, Watched>> {
  const rows = await state.all<Stored>(SQL.WATCHED_MONITORS);
  return new Map(
    rows.map((row) => [
      nameOf({ name: row.monitor, tenant: row.tenant }),
      {
        name: row.monitor,
        tenant: row.tenant,
        looked_ms: row.looked,
        at_ms: row.at,
        spec: row.spec,
        verdict: row.verdict,
        series: row.series,
        drifting: row.drifting,
        error: row.error,
        budget: row.budget === null ? null : (JSON.parse(row.budget) as Budget),
      },
    ]),
  );
}

export async function putWatched(state: Queries, one: Watched): Promise<void> {
  const { name, tenant, looked_ms, at_ms, spec, verdict, series, drifting, error, budget } = one;
  await state.run(SQL.PUT_WATCHED, [
    name,
    tenant,
    looked_ms,
    at_ms,
    spec,
    verdict,
    series,
    drifting,
    error,
    budget === null ? null : JSON.stringify(budget),
  ]);
}

export async function forgetWatched(state: Queries, gone: Iterable<Watched>): Promise<void> {
  for (const { name, tenant } of gone) await state.run(SQL.FORGET_WATCHED, [name, tenant]);
}
