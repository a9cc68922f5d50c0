/**
 * All live keys in memory, by their hash, so that a key is checked without a question to the database. The
 * database is the truth: other processes see a change after one refresh at the latest, this one at once.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Scope } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import type { State } from '../state/index.ts';
import { ALL_TENANTS, type Caller, withImplied } from './caller.ts';
import { digest } from './key-format.ts';
import * as SQL from './queries.ts';

/** Longer texts are not hashed: no key is that long. */
const MAX_KEY_LENGTH = 512;

export interface KeyInfo {
  id: string;
  tenant: string;
  name: string;
  scopes: Scope[];
  origins: string[];
  /** Epoch milliseconds, as all times here. */
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  revoked_at: number | null;
}

export interface HeldKey {
  readonly info: KeyInfo;
  readonly hash: Buffer;
  readonly caller: Caller;
}

export interface KeyRow extends Omit<KeyInfo, 'scopes' | 'origins'> {
  /** JSON, as are the origins. */
  scopes: string;
  origins: string;
  /** Hexadecimal. */
  hash: string;
}

export interface Keyring {
  readonly size: number;
  /** Checks a presented key, in constant time after the look-up by its hash, and notes its use. */
  find(presented: string): HeldKey | undefined;
  /** Also asks the database: another process may have made the key since the last refresh. */
  findStored(presented: string): Promise<HeldKey | undefined>;
  add(row: KeyRow): void;
  drop(hash: string): void;
  some(test: (caller: Caller) => boolean): boolean;
  /** When a key was used since the last refresh. */
  lastUse(id: string): number | undefined;
  /** Writes times of last use, in one commit. */
  flush(): Promise<void>;
  /** Flushes, then reads all live keys again. */
  refresh(): Promise<void>;
}

export function createKeyring(state: State, clock: Clock): Keyring {
  let held = new Map<string, HeldKey>();
  const used = new Map<string, number>();
  /** Grows with every change, so that a read which overlaps a revocation is thrown away. */
  let generation = 0;

  function find(presented: string): HeldKey | undefined {
    if (presented.length > MAX_KEY_LENGTH) return undefined;
    const hash = digest(presented);
    const key = held.get(hash.toString('hex'));
    if (!key || !timingSafeEqual(key.hash, hash)) return undefined;
    used.set(key.info.id, clock.now());
    return key;
  }

  async function flush(): Promise<void> {
    if (used.size === 0) return;
    const times = [...used];
    used.clear();
    await state.transaction(async (tx) => {
      for (const [id, at] of times) await tx.run(SQL.TOUCH_KEY, [at, id]);
    });
  }

  return {
    get size() {
      return held.size;
    },
    find,
    async findStored(presented) {
      const known = find(presented);
      if (known || presented.length > MAX_KEY_LENGTH) return known;
      const before = generation;
      const row = await state.get<KeyRow>(SQL.KEY_BY_HASH, [digest(presented).toString('hex')]);
      if (!row || row.revoked_at !== null || generation !== before) return find(presented);
      held.set(row.hash, hold(row));
      return find(presented);
    },
    add(row) {
      generation += 1;
      held.set(row.hash, hold(row));
    },
    drop(hash) {
      generation += 1;
      held.delete(hash);
    },
    some: (test) => [...held.values()].some(({ caller }) => test(caller)),
    lastUse: (id) => used.get(id),
    flush,
    async refresh() {
      await flush();
      const before = generation;
      const rows = await state.all<KeyRow>(SQL.LIVE_KEYS);
      if (generation === before) held = new Map(rows.map((row) => [row.hash, hold(row)]));
    },
  };
}

/** Null for `*`: the installation. */
export const ownerOf = (tenant: string): string | null => (tenant === ALL_TENANTS ? null : tenant);

export function infoOf({ hash: _, ...row }: KeyRow): KeyInfo {
  return { ...row, scopes: JSON.parse(row.scopes) as Scope[], origins: JSON.parse(row.origins) as string[] };
}

function hold(row: KeyRow): HeldKey {
  const info = infoOf(row);
  const caller: Caller = {
    kind: 'key',
    id: row.id,
    tenant: ownerOf(row.tenant),
    scopes: withImplied(info.scopes),
  };
  return { info, hash: Buffer.from(row.hash, 'hex'), caller };
}
