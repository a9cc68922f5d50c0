/** What monitors found and how long it stands: rows of the state store. */
import type { Queries } from '../state/index.ts';
import * as SQL from './queries.ts';
import type { Segment } from './series.ts';

export interface Standing {
  readonly monitor: string;
  /** Owner of the monitor; '' is the installation. */
  readonly tenant: string;
  readonly metric: string;
  readonly segment: Segment;
  readonly words: string;
  readonly since_ms: number;
  /** Null while it stands. */
  readonly until_ms: number | null;
  readonly told: Record<string, unknown>;
}

type Stored = {
  monitor: string;
  tenant: string;
  series: string;
  since: number;
  until: number | null;
  seen: number;
  told: string;
};

/** One look of one monitor at one series. */
export interface Sighting {
  readonly monitor: string;
  readonly tenant: string;
  readonly series: string;
  readonly drifts: boolean;
  readonly since_ms: number;
  readonly told: Record<string, unknown>;
}

/** What ended is kept for a quarter of a year. */
const KEPT_MS = 92 * 86_400_000;

/**
 * Notes one look at all series of a monitor. A series that drifts again keeps its `since`; one that does not any more,
 * or is not there any more, ends now, and one that ended before it stood `persistence` times is forgotten.
 */
export async function note(
  state: Queries,
  of: { monitor: string; tenant: string; persistence: number },
  sightings: readonly Sighting[],
  now_ms: number,
): Promise<void> {
  const open = new Map(
    (await state.all<Stored>(SQL.OPEN_FINDINGS, [of.monitor, of.tenant])).map((row) => [row.series, row]),
  );
  for (const { series, drifts, since_ms, told } of sightings) {
    const known = open.get(series);
    if (!drifts) continue;
    open.delete(series);
    const key = [of.monitor, of.tenant, series];
    if (known) await state.run(SQL.FINDING_SEEN, [JSON.stringify(told), ...key, known.since]);
    else await state.run(SQL.PUT_FINDING, [...key, since_ms, JSON.stringify(told)]);
  }
  for (const { series, since, seen } of open.values()) {
    const key = [of.monitor, of.tenant, series, since];
    if (seen < of.persistence) await state.run(SQL.FORGET_FINDING, key);
    else await state.run(SQL.FINDING_ENDED, [now_ms, ...key]);
  }
  await state.run(SQL.PURGE_FINDINGS, [now_ms - KEPT_MS]);
}

/** What stood in a window, newest first; `persistenceOf` says how many looks make a finding. */
export async function standingIn(
  state: Queries,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
  tenant: string | null,
): Promise<Standing[]> {
  const rows = await state.all<Stored>(SQL.FINDINGS_OF_WINDOW, [to_ms, from_ms]);
  return rows.flatMap((row) => {
    const told = JSON.parse(row.told) as Record<string, unknown> & { persistence: number; segment: Segment };
    const owner = told.segment.tenant ?? row.tenant;
    // A tenant sees what is about it alone, or what its own monitors found.
    if (tenant !== null && owner !== tenant) return [];
    if (row.seen < told.persistence) return [];
    const { monitor, since, until } = row;
    return [
      {
        ...{ monitor, tenant: row.tenant, metric: String(told.metric), segment: told.segment },
        ...{ words: String(told.words), since_ms: since, until_ms: until, told },
      },
    ];
  });
}
