/** What each scope opens, for those who give them. */
import type { Scope } from '@pegbar/contract/words';

export const SCOPE_WORDS = {
  ingest: 'send telemetry and pictures',
  read: 'see pages and ask questions',
  unblur: 'look at flagged pictures; each look is in the audit log',
  admin: 'tenants, keys, people, erasure',
  beacon: 'a public key of web pages: frames and feedback only',
} as const satisfies Record<Scope, string>;

export const scopeChoices = (scopes: readonly Scope[]): (readonly [Scope, string])[] =>
  scopes.map((scope) => [scope, SCOPE_WORDS[scope]] as const);
