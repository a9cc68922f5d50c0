/** What a tenant allows to be stored. Declared by the Tenant resource. */
export interface TenantPolicy {
  /**
   * `keep` as it came, `redact` without what is personal by its form, `hash` a keyed hash instead of the text,
   * `drop` no trace but features and hash.
   */
  prompts: 'keep' | 'redact' | 'hash' | 'drop';
  /** Added to the built-in patterns. `patterns` as `checkPatterns` takes them, `keys` names of attributes to leave out. */
  redact: { patterns: string[]; keys: string[] };
}

/** A tenant has at most this many key rules: each is looked for in every new attribute name. */
export const KEY_LIMIT = 256;

/** Keep where only this machine can send, else redact. */
export function defaultPolicy(loopback: boolean): TenantPolicy {
  return { prompts: loopback ? 'keep' : 'redact', redact: { patterns: [], keys: [] } };
}
