/** What the studio has declared: the policies of its tenants and the collections that are their style. */
import { stringify } from 'yaml';
import { optedOut } from './people.ts';
import type { Scenario } from './schema.ts';
import { openStudio, type ReadyTenant, type SimulationOptions, type Studio } from './studio.ts';
import { HOUR_MS } from './timeline.ts';

type Range = Pick<SimulationOptions, 'from_ms' | 'to_ms' | 'anchor_ms'>;

/** References of a collection end before its style moves, and not before this share of the interval. */
const LEAST_PEG_SHARE = 0.25;
const PEG_SHARE = 0.5;

/**
 * Documents for `pegbar apply`: a Tenant for each that states how its prompts are kept, a Collection for each tenant
 * and style, pegged to the pictures from before anything planted moves it.
 */
export function declaredOf(scenario: Scenario, range: Range): string {
  const studio = openStudio(scenario, { seed: 0, anchor_ms: range.anchor_ms ?? range.to_ms });
  const documents = studio.tenants.flatMap((tenant) => [
    ...(tenant.spec.prompts === undefined
      ? []
      : [document('Tenant', { name: tenant.name }, { prompts: tenant.spec.prompts })]),
    ...Object.keys(tenant.spec.collections).map((name) =>
      document(
        'Collection',
        { name, tenant: tenant.name },
        {
          references: {
            from: new Date(range.from_ms).toISOString(),
            to: new Date(pegOf(studio, tenant, name, range)).toISOString(),
          },
        },
      ),
    ),
  ]);
  return documents.map((one) => stringify(one)).join('---\n');
}

/** The declared collections, by tenant. */
export function collectionsOf(scenario: Scenario): { tenant: string; collection: string }[] {
  return Object.entries(scenario.tenants).flatMap(([tenant, { collections }]) =>
    Object.keys(collections).map((collection) => ({ tenant, collection })),
  );
}

/** Users who want no telemetry, by tenant, as the studio names them. */
export function optOutsOf(scenario: Scenario, range: Range): { tenant: string; user_id: string }[] {
  const studio = openStudio(scenario, { seed: 0, anchor_ms: range.anchor_ms ?? range.to_ms });
  return studio.tenants.flatMap(({ name, spec, people }) =>
    optedOut(name, spec, people).map((user_id) => ({ tenant: name, user_id })),
  );
}

function document(kind: string, metadata: object, spec: object): object {
  return { apiVersion: 'pegbar/v1', kind, metadata, spec };
}

/** The moment until which the pictures of a collection are its own, whole hours. */
function pegOf(studio: Studio, tenant: ReadyTenant, collection: string, { from_ms, to_ms }: Range): number {
  const moved = studio.timeline.incidents
    .filter(({ incident: { effects } }) => effects.style_distance_add || effects.picture_shift)
    .filter(({ incident: { where } }) => (where.tenant ?? tenant.name) === tenant.name)
    .filter(({ incident: { where } }) => (where.collection ?? collection) === collection)
    .map(({ start_ms }) => start_ms)
    .filter((start_ms) => start_ms >= from_ms + LEAST_PEG_SHARE * (to_ms - from_ms));
  const peg = Math.min(from_ms + PEG_SHARE * (to_ms - from_ms), ...moved);
  return Math.floor(peg / HOUR_MS) * HOUR_MS;
}
