/** The audit log: who did what to which thing. Rows are only ever added. */
import type { Clock } from '../base/clock.ts';
import type { Queries, State } from '../state/index.ts';
import { actorName, type Caller, type TenantScope } from './caller.ts';
import type { RandomBytes } from './key-format.ts';
import * as SQL from './queries.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
/** A detail is a note, not an archive. Longer ones are replaced by their length. */
const MAX_DETAIL_LENGTH = 16_384;
/** Ids carry 12 hexadecimal digits of milliseconds (to the year 10889) and 4 of a count within one. */
const COUNTS_PER_MS = 0x10000;
/** Ids are hexadecimal; this sorts after them in every collation. */
const PAST_EVERY_ID = 'g';

export interface AuditEntry {
  actor: Caller;
  /** `key.create`, `image.unblur`: the thing, a dot, the verb. */
  action: string;
  /** Id of the thing. */
  object: string;
  /** Whose thing it is; null for the installation's. */
  tenant: string | null;
  /** Never a secret. */
  detail?: Record<string, unknown>;
}

export interface AuditRow {
  id: string;
  /** Epoch milliseconds. */
  at: number;
  actor: string;
  action: string;
  object: string;
  tenant: string | null;
  detail: Record<string, unknown>;
}

export interface Audit {
  /** Durable when it resolves. With `tx`, together with the act itself. */
  write(entry: AuditEntry, tx?: Queries): Promise<void>;
  /** Newest first. `cursor` is the `next_cursor` of the page before. A `limit` out of 1-1000 is moved into it. */
  list(
    scope: TenantScope,
    paging?: { limit?: number; cursor?: string },
  ): Promise<{ items: AuditRow[]; next_cursor: string | null }>;
}

export async function createAudit(deps: { state: State; clock: Clock; random: RandomBytes }): Promise<Audit> {
  const { state, clock, random } = deps;
  // Ids must grow even when the clock was set back since the last start.
  const newest = await state.get<{ id: string }>(SQL.NEWEST_AUDIT);
  let lastMs = newest ? Number.parseInt(newest.id.slice(0, 12), 16) + 1 : 0;
  let count = 0;

  function nextId(now: number): string {
    count = now > lastMs ? 0 : count + 1;
    lastMs = Math.max(now, lastMs);
    if (count >= COUNTS_PER_MS) {
      lastMs += 1;
      count = 0;
    }
    // The random end keeps two processes apart.
    return `${hex(lastMs, 12)}${hex(count, 4)}${random(4).toString('hex')}`;
  }

  return {
    async write({ actor, action, object, tenant, detail = {} }, tx = state) {
      const now = clock.now();
      const text = JSON.stringify(detail);
      const kept = text.length <= MAX_DETAIL_LENGTH ? text : JSON.stringify({ omitted_length: text.length });
      await tx.run(SQL.INSERT_AUDIT, [nextId(now), now, actorName(actor), action, object, tenant, kept]);
    },
    async list(scope, { limit = DEFAULT_PAGE, cursor = PAST_EVERY_ID } = {}) {
      const size = Math.trunc(Math.min(Math.max(limit, 1), MAX_PAGE)) || DEFAULT_PAGE;
      const rows =
        scope.tenant === null
          ? await state.all<StoredRow>(SQL.LIST_AUDIT, [cursor, size + 1])
          : await state.all<StoredRow>(SQL.LIST_AUDIT_OF_TENANT, [scope.tenant, cursor, size + 1]);
      const items = rows.slice(0, size).map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
      return { items, next_cursor: rows.length > size ? items.at(-1)!.id : null };
    },
  };
}

type StoredRow = {
  id: string;
  at: number;
  actor: string;
  action: string;
  object: string;
  tenant: string | null;
  detail: string;
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
