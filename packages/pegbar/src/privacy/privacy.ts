/**
 * Protection before the spool.
 *
 * Everything that is stored passes a tenant's `Protector` first: user ids become keyed hashes, prompts become what the
 * policy says, every free text and attribute is searched for what is personal or secret by its form and for what the
 * tenant named. It fails closed: a policy or secret that cannot be read means `drop`, with the built-in patterns on,
 * until it can be read again. Nothing here writes to disk or waits.
 */
import type { Counters } from '../base/counters.ts';
import { BIN_COUNT } from '../features/index.ts';
import { KeyedHash, keyedPermutation, SECRET_MIN } from './keyed.ts';
import type { TenantPolicy } from './policy.ts';
import { PromptHash } from './prompt-hash.ts';
import { type Protector, TenantProtector, type TenantState } from './protector.ts';
import { CLOSED, compileRules } from './rules.ts';

export interface PrivacyOptions {
  /** The tenant's secret, 16 bytes or more, never told to anyone. May throw. */
  secretOf(tenant: string): Uint8Array;
  /** May throw; then the tenant is treated as `drop`. */
  policyOf(tenant: string): TenantPolicy;
  /** Whether the user whose hash this is wants no telemetry. */
  optedOut(tenant: string, userHashHex: string): boolean;
  counters: Counters;
}

export interface Privacy {
  /** The tenant's protector. Take it for each request; it is kept. */
  forTenant(tenant: string): Protector;
  /** Reads policy and secret of a tenant anew, also for those who hold its protector. */
  refresh(tenant: string): void;
}

/** Protectors that are kept; one has some 2 MB of remembered hashes and prompts at most. The oldest goes first. */
const TENANT_LIMIT = 256;

export function createPrivacy(options: PrivacyOptions): Privacy {
  const { counters } = options;
  const protectors = new Map<string, { protector: TenantProtector; failed: boolean }>();

  function read(tenant: string): { state: TenantState; failed: boolean } {
    const reasons: string[] = [];
    let secret: Uint8Array | undefined;
    let rules = CLOSED;
    try {
      secret = options.secretOf(tenant);
      if (secret.length < SECRET_MIN) secret = undefined;
    } catch {
      secret = undefined;
    }
    if (!secret) reasons.push('secret');
    try {
      const compiled = compileRules(options.policyOf(tenant));
      if (compiled) rules = compiled;
      else reasons.push('policy_invalid');
    } catch {
      reasons.push('policy_unreadable');
    }
    for (const reason of reasons) counters.add('pegbar_privacy_failures_total', { reason });
    return { state: stateOf(secret, secret ? rules : CLOSED), failed: reasons.length > 0 };
  }

  return {
    forTenant(tenant) {
      const known = protectors.get(tenant);
      if (known && !known.failed) return known.protector;
      const { state, failed } = read(tenant);
      if (known) {
        known.protector.become(state);
        known.failed = failed;
        return known.protector;
      }
      const protector = new TenantProtector(
        state,
        (userHash) => options.optedOut(tenant, userHash),
        (kind, n) => counters.add('pegbar_redactions_total', { kind }, n),
      );
      if (protectors.size >= TENANT_LIMIT) protectors.delete(protectors.keys().next().value!);
      protectors.set(tenant, { protector, failed });
      return protector;
    },
    refresh(tenant) {
      const known = protectors.get(tenant);
      if (!known) return;
      const { state, failed } = read(tenant);
      known.protector.become(state);
      known.failed = failed;
    },
  };
}

/** Users are hashed with the secret itself; other uses have keys derived from it, so that no hash stands for two things. */
function stateOf(secret: Uint8Array | undefined, rules: TenantState['rules']): TenantState {
  if (!secret) return { rules, users: undefined, prompts: undefined, names: undefined, bins: undefined };
  const users = new KeyedHash(secret);
  const closed = rules.prompts === 'hash' || rules.prompts === 'drop';
  return {
    rules,
    users,
    prompts: new PromptHash(users.digest('pegbar prompts v2').subarray(0, 16)),
    names: new KeyedHash(users.digest('pegbar names v1')),
    bins: closed ? keyedPermutation(new KeyedHash(users.digest('pegbar bins v1')), BIN_COUNT) : undefined,
  };
}
