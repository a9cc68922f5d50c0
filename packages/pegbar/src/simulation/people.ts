/**
 * What people have said once and for all: consent to the use of what they make, its licence, and whether they want to
 * be left out. It follows from the name of the person, so that the same person says the same in every hour.
 */
import { hashOf } from './random.ts';
import type { TenantSpec } from './schema.ts';

const DAY_MS = 86_400_000;
/** Users per tenant per hundred daily requests: enough for a long tail of people. */
const USERS_PER_100_DAILY = 14;
const LEAST_USERS = 3;
/** Consent was given before the longest history, within this time; a withdrawal lies this shortly before "now". */
const LONGEST_HISTORY_MS = 400 * DAY_MS;
const GIVEN_WITHIN_MS = 300 * DAY_MS;
const WITHDRAWN_WITHIN_MS = 14 * DAY_MS;
/** The one state that was another before. */
const WITHDRAWN = 'withdrawn';
const GIVEN = 'given';

export interface Said {
  consent: { state: string; at: number };
  license: string;
}

export interface People {
  /** How many users the tenant has. */
  count: number;
  /** @param at_ms who withdrew later than this had still consented. */
  said(user: string, at_ms: number): Said;
}

export const userName = (tenant: string, index: number): string => `user-${tenant}-${index}`;

export function peopleOf(tenant: string, spec: TenantSpec, anchor_ms: number): People {
  const consent = shares(spec.consent);
  const license = shares(spec.license);
  const known = new Map<string, { state: string; at: number; license: string }>();
  const learn = (user: string) => {
    const state = consent(draw(tenant, user, 'consent'));
    const when = draw(tenant, user, 'when');
    const ago =
      state === WITHDRAWN ? when * WITHDRAWN_WITHIN_MS : LONGEST_HISTORY_MS + when * GIVEN_WITHIN_MS;
    // Whole seconds: what people write down.
    const at = Math.floor((anchor_ms - ago) / 1000) * 1000;
    const said = { state, at, license: license(draw(tenant, user, 'license')) };
    known.set(user, said);
    return said;
  };
  return {
    count: Math.max(LEAST_USERS, Math.round((spec.requests_per_day / 100) * USERS_PER_100_DAILY)),
    said(user, at_ms) {
      const { state, at, license: chosen } = known.get(user) ?? learn(user);
      const before = state === WITHDRAWN && at > at_ms;
      const consented = before ? { state: GIVEN, at: at - LONGEST_HISTORY_MS } : { state, at };
      return { consent: consented, license: chosen };
    },
  };
}

/** Who opted out: from the long tail, people who come now and then. */
export function optedOut(tenant: string, spec: TenantSpec, people: People): string[] {
  const wanted = Math.min(spec.opt_outs ?? 0, people.count);
  return Array.from({ length: wanted }, (_, i) => userName(tenant, people.count - 1 - i));
}

function draw(...words: readonly string[]): number {
  return hashOf(...words) / 2 ** 32;
}

/** The name that a draw in [0, 1) falls on. */
function shares(weights: Readonly<Record<string, number>>): (at: number) => string {
  const entries = Object.entries(weights);
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return (at) => {
    let left = at * total;
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries.at(-1)?.[0] ?? '';
  };
}
