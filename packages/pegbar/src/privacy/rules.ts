/** A policy, compiled: what happens to one text. */
import { type BuiltinKind, findBuiltin } from './builtin.ts';
import { segmentsOf } from './keys.ts';
import { KEY_LIMIT, type TenantPolicy } from './policy.ts';
import { checkPatterns } from './safe-pattern.ts';

export type RedactionKind = BuiltinKind | 'pattern' | 'key' | 'prompt' | 'session' | 'cut';

/**
 * Texts are looked at up to here where anything is to be found in them; what follows is cut off, for it must not be
 * stored unseen. UTF-16 units.
 */
export const LOOKED_AT = 262_144;

/** Replacing can bring new neighbours together, so it is repeated; no text was seen to need more than two rounds. */
const ROUNDS = 4;

export interface Rules {
  prompts: TenantPolicy['prompts'];
  /** Whether the built-in patterns apply. */
  builtin: boolean;
  patterns: RegExp[];
  /** Phrases of key segments, as `segmentsOf` writes them. */
  denied: string[];
  /** Nothing to do for any text. */
  plain: boolean;
}

/** Undefined where the policy cannot be carried out as it stands: the tenant is then treated as `drop`. */
export function compileRules(policy: TenantPolicy): Rules | undefined {
  const patterns = checkPatterns(policy.redact.patterns);
  const denied = policy.redact.keys.map(segmentsOf);
  if (!['keep', 'redact', 'hash', 'drop'].includes(policy.prompts)) return undefined;
  if (!patterns.ok || denied.length > KEY_LIMIT || denied.includes('  ')) return undefined;
  const builtin = policy.prompts !== 'keep';
  const plain = !builtin && patterns.value.length === 0 && denied.length === 0;
  return { prompts: policy.prompts, builtin, patterns: patterns.value, denied, plain };
}

/** When a policy cannot be read: nothing that somebody wrote is stored. */
export const CLOSED: Rules = { prompts: 'drop', builtin: true, patterns: [], denied: [], plain: false };

/** The text without what the rules forbid; tells each thing that it hid. */
export function scrub(text: string, rules: Rules, hid: (kind: RedactionKind) => void): string {
  if (!rules.builtin && rules.patterns.length === 0) return text;
  let out = text;
  if (text.length > LOOKED_AT) {
    out = `${text.slice(0, LOOKED_AT)}[cut]`;
    hid('cut');
  }
  for (const pattern of rules.patterns) {
    pattern.lastIndex = 0;
    if (!pattern.test(out)) continue;
    out = out.replace(pattern, () => {
      hid('pattern');
      return '[redacted]';
    });
  }
  if (!rules.builtin) return out;
  for (let round = 0; round < ROUNDS; round++) {
    const found = findBuiltin(out);
    if (found.length === 0) return out;
    let written = '';
    let from = 0;
    for (const { start, end, kind } of found) {
      written += `${out.slice(from, start)}[${kind}]`;
      from = end;
      hid(kind);
    }
    out = written + out.slice(from);
  }
  return findBuiltin(out).length === 0 ? out : '[redacted]';
}
