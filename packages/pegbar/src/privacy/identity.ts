/**
 * Ids and names: what rows are joined and grouped by. Where a text would be stored without what is personal in it, an
 * id in which something is found is stored as its keyed hash as a whole: `alice@example.com` and `bob@example.com`
 * stay two sessions, and nobody is named.
 */
import { type BuiltinKind, findBuiltin } from './builtin.ts';
import { MARKED_KEY_RUN } from './secrets.ts';

/**
 * `session` is a person's for a while: under `hash` and `drop` always a keyed hash. `name` (host, queue, region …) is
 * searched for everything. `id` (requests, pictures, models …) is made by programs, whose counters and dates look
 * like numbers of phones and cards: it is searched for e-mail addresses, secrets and the tenant's patterns.
 */
export type IdentityKind = 'session' | 'name' | 'id';

const FOUND_IN_IDS: ReadonlySet<BuiltinKind> = new Set<BuiltinKind>(['email', 'secret']);
/** Below it a token has no room: `eyJ` and eight characters, as `SECRETS` has it. */
const TOKEN_RUN = 11;
const PHONE_DIGITS = 7;
const HEX_LEAST = 16;
const UUID_LENGTH = 36;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const HEX = /^(?=\d{0,128}[a-f])[\da-f]{16,128}$/i;

/** What of the built-in kinds is found in an id or name. A UUID or a hash in hex is never a phone number. */
export function findInIdentity(text: string, kind: IdentityKind): BuiltinKind[] {
  if (UUID.test(text) || HEX.test(text)) return [];
  const kinds = findBuiltin(text).map((one) => one.kind);
  return kind === 'id' ? kinds.filter((one) => FOUND_IN_IDS.has(one)) : kinds;
}

/** True where `findInIdentity` finds nothing, told from the bytes alone; false where it has to be asked. */
export function isCleanIdentity(bytes: Uint8Array, start: number, end: number, kind: IdentityKind): boolean {
  let digits = 0;
  let dots = 0;
  let dashes = 0;
  let run = 0;
  let longestRun = 0;
  let hex = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 48 && byte <= 57) {
      digits++;
      run++;
    } else if ((byte | 32) >= 97 && (byte | 32) <= 122) {
      if ((byte | 32) > 102) hex = false;
      run++;
    } else if (byte === 45) {
      dashes++;
      run++;
    } else if (byte === 95) {
      hex = false;
      run++;
    } else if (byte === 46 || byte === 47) {
      if (byte === 46) dots++;
      hex = false;
      run = 0;
    } else {
      // Spaces, `@`, `%`, `:`, `=`, other signs, and everything beyond ASCII.
      return false;
    }
    if (run > longestRun) longestRun = run;
  }
  const length = end - start;
  if (hex && digits + dashes < length && length >= HEX_LEAST) {
    if (dashes === 0 && length <= 128) return true;
    if (length === UUID_LENGTH && isUuid(bytes, start)) return true;
  }
  if (longestRun >= MARKED_KEY_RUN || (dots > 0 && longestRun >= TOKEN_RUN)) return false;
  return kind === 'id' || (digits < PHONE_DIGITS && (digits < 4 || dots < 3));
}

/** Of 36 hex digits and dashes. */
function isUuid(bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < UUID_LENGTH; at++)
    if ((bytes[start + at] === 45) !== (at === 8 || at === 13 || at === 18 || at === 23)) return false;
  return true;
}
