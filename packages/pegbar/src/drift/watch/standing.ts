/** What monitors found and how long it stands: rows of the state store. */
import type { Queries } from '../../state/index.ts';
import * as SQL from '../queries.ts';
import type { Segment } from '../series.ts';

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
  missed: number;
  missed_since: number | null;
  told: string;
};

/** What one look saw of one series. */
export interface Sighting {
  readonly series: string;
  readonly drifts: boolean;
  readonly since_ms: number;
  readonly told: Record<string, unknown>;
}

/** What is kept of a sighting: the figures of the series, and how many looks make it a finding. */
type Told = Record<string, unknown> & { persistence: number; segment: Segment };

/** What is seen and has not ended. It is a finding from `persistence` looks in a row on. */
export interface Seen {
  readonly series: string;
  readonly since_ms: number;
  /** Looks that saw it. */
  readonly seen: number;
  /** Looks in a row since that did not, and the time of the first of them. */
  readonly missed: number;
  readonly missed_ms: number | null;
  readonly told: Record<string, unknown>;
}

/** A finding that is over. */
export interface Past {
  readonly series: string;
  readonly since_ms: number;
  readonly until_ms: number;
}

/** `fired`: it became a finding by this look. `gone` is over and was one; `forgotten` never was. */
export interface Step {
  readonly kind: 'seen' | 'fired' | 'missed' | 'gone' | 'forgotten';
  readonly one: Seen;
}

/** How a finding ends. */
export interface Ending {
  /** Looks in a row that did not see it. */
  readonly after: number;
  /** Series of which this look could say nothing: too few rows. It counts neither for them nor against. */
  readonly silent?: ReadonlySet<string>;
}

/**
 * One look at all series of a monitor. A series that drifts again keeps its `since`. What was no finding yet is
 * forgotten by the first look that does not see it; a finding ends when so many looks in a row have not seen it,
 * at the first of them, so that what wavers about its threshold is one finding.
 */
export function advance(
  known: Iterable<Seen>,
  sightings: readonly Sighting[],
  persistence: number,
  at_ms: number,
  { after, silent }: Ending = { after: persistence },
): Step[] {
  const open = new Map([...known].map((one) => [one.series, one]));
  const steps: Step[] = [];
  for (const { series, drifts, since_ms, told } of sightings) {
    if (!drifts) continue;
    const before = open.get(series);
    open.delete(series);
    const seen = (before?.seen ?? 0) + 1;
    const one = { series, since_ms: before?.since_ms ?? since_ms, seen, missed: 0, missed_ms: null, told };
    steps.push({ kind: seen === persistence ? 'fired' : 'seen', one });
  }
  for (const before of open.values()) {
    if (silent?.has(before.series)) {
      steps.push({ kind: 'missed', one: before });
      continue;
    }
    const one = { ...before, missed: before.missed + 1, missed_ms: before.missed_ms ?? at_ms };
    if (before.seen < persistence) steps.push({ kind: 'forgotten', one });
    else steps.push({ kind: one.missed >= after ? 'gone' : 'missed', one });
  }
  return steps;
}

/** What ended is kept for a quarter of a year. */
const KEPT_MS = 92 * 86_400_000;

/** Notes one look in the state store, for which `advance` says what it means. */
export async function note(
  state: Queries,
  of: { monitor: string; tenant: string; persistence: number },
  sightings: readonly Sighting[],
  at_ms: number,
  ending: Ending = { after: of.persistence },
): Promise<void> {
  const rows = await state.all<Stored>(SQL.OPEN_FINDINGS, [of.monitor, of.tenant]);
  const open = rows.map(
    (row): Seen => ({
      series: row.series,
      since_ms: row.since,
      seen: row.seen,
      missed: row.missed,
      missed_ms: row.missed_since,
      told: JSON.parse(row.told) as Record<string, unknown>,
    }),
  );
  for (const { kind, one } of advance(open, sightings, of.persistence, at_ms, ending)) {
    const key = [of.monitor, of.tenant, one.series, one.since_ms];
    if (kind === 'forgotten') await state.run(SQL.FORGET_FINDING, key);
    else if (kind === 'gone') await state.run(SQL.FINDING_ENDED, [one.missed_ms, ...key]);
    else
      await state.run(SQL.PUT_FINDING, [
        ...key,
        one.seen,
        one.missed,
        one.missed_ms,
        JSON.stringify(one.told),
      ]);
  }
  await state.run(SQL.PURGE_FINDINGS, [at_ms - KEPT_MS]);
}

/** What a monitor found and is over, since `from_ms`. */
export async function pastOf(
  state: Queries,
  of: { monitor: string; tenant: string; persistence: number },
  from_ms: number,
): Promise<Past[]> {
  const rows = await state.all<{ series: string; since: number; until: number }>(SQL.PAST_FINDINGS, [
    of.monitor,
    of.tenant,
    from_ms,
    of.persistence,
  ]);
  return rows.map(({ series, since, until }) => ({ series, since_ms: since, until_ms: until }));
}

/** Ends what monitors found that are no more, or are off. */
export async function endOthers(
  state: Queries,
  monitors: readonly { readonly name: string; readonly tenant: string }[],
  at_ms: number,
): Promise<void> {
  const known = new Set(monitors.map(({ name, tenant }) => JSON.stringify([name, tenant])));
  const open = await state.all<{ monitor: string; tenant: string }>(SQL.MONITORS_WITH_FINDINGS);
  for (const { monitor, tenant } of open)
    if (!known.has(JSON.stringify([monitor, tenant])))
      await state.run(SQL.END_FINDINGS_OF, [at_ms, monitor, tenant]);
}

/** What stood in a window, newest first. */
export async function standingIn(
  state: Queries,
  { from_ms, to_ms }: { from_ms: number; to_ms: number },
  tenant: string | null,
): Promise<Standing[]> {
  const rows = await state.all<Stored>(SQL.FINDINGS_OF_WINDOW, [to_ms, from_ms]);
  return rows.flatMap((row) => {
    const told = JSON.parse(row.told) as Told;
    const owner = told.segment.tenant ?? row.tenant;
    // A tenant sees what is about it alone, or what its own monitors found.
    if (tenant !== null && owner !== tenant) return [];
    if (row.seen < told.persistence) return [];
    const { monitor, since, until } = row;
    return [
      {
        monitor,
        tenant: row.tenant,
        metric: String(told.metric),
        segment: told.segment,
        words: String(told.words),
        since_ms: since,
        until_ms: until,
        told,
      },
    ];
  });
}
