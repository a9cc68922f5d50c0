/** Which columns hold ids and names that senders make up, and how each is searched before it is stored. */
import type { IdentityKind, Protector } from '../privacy/index.ts';

const NAMES: ReadonlySet<string> = new Set(['region', 'traffic_source', 'host', 'queue', 'scorer']);

/** Of a text column. Versions, samplers and types are the studio's words: they are treated like ids. */
export function identityKind(column: string): IdentityKind {
  if (column === 'session_id') return 'session';
  return NAMES.has(column) ? 'name' : 'id';
}

/** Text columns of rows of samples, scores and feedback that are ids or names. */
const COLUMNS: readonly string[] = [
  'session_id',
  'request_id',
  'image_id',
  'sequence_id',
  'region',
  'traffic_source',
  'host',
  'queue',
  'scorer',
  'scorer_version',
  'id',
  'version',
  'previous',
  'collection',
  'license',
  'consent',
  'model_version',
  'model_family',
  'checkpoint_hash',
  'hardware_class',
  'gpu_id',
  'gpu_type',
  'cache',
];

/** Brings the ids and names of a row into the form that may be stored; returns how many changed. */
export function protectIdentities(
  row: Record<string, unknown>,
  protect: Pick<Protector, 'plain' | 'identity'>,
): number {
  if (protect.plain) return 0;
  let changed = 0;
  for (const column of COLUMNS) {
    const value = row[column];
    if (typeof value !== 'string' || value === '') continue;
    const stored = protect.identity(value, identityKind(column));
    if (stored === value) continue;
    row[column] = stored;
    changed++;
  }
  return changed;
}
