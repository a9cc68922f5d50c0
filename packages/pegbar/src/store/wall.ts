/**
 * The wall between tenants for SQL that people and language models write.
 *
 * Such SQL runs as a user of the engine that can read one database and nothing else. The database holds the
 * published views, each with the tenant's condition in its body; they read the tables as the internal user
 * (`SQL SECURITY DEFINER`), so the reader needs no right on a table. The condition is a PREWHERE and the reader's
 * profile forbids the engine to move anything else there, so that no predicate of his can look at a row before
 * the condition has dropped it: with WHERE, `throwIf` told of the rows of others. No text is parsed or rewritten: what may not be done, the engine refuses,
 * with one exception that it does not know to refuse (`sql-guard.ts`).
 *
 * Users are read when the engine starts, so there is a pool of them. Slot 0 belongs to the scope "all
 * tenants"; any other is given to the tenant that asks first, and taken from the one that has been idle
 * longest when none is free. A slot changes hands by dropping its database whole.
 *
 * Answers: integers of 64 bits and more are strings (JavaScript would round them), others numbers; times are
 * text in UTC; NaN and infinities are null.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AnalystAnswer, CallOptions, Store } from './client.ts';
import { quote } from './ddl.ts';
import type { AnalystSlot, Engine, Supervisor } from './engine/index.ts';
import { engineDown, type StoreError } from './errors.ts';
import type { TenantScope } from './scope.ts';
import { readableError } from './sql-errors.ts';
import { refusalOf } from './sql-guard.ts';
import { VIEW_TENANT } from './views.ts';

export interface SqlAnswer {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  /** True where rows beyond the bounds were left out. */
  truncated: boolean;
}

export interface Wall {
  /** Runs one statement as the scope's reader. `rejected` errors carry a message for the person. */
  query(
    scope: TenantScope,
    sql: string,
    options?: { signal?: AbortSignal },
  ): Promise<Result<SqlAnswer, StoreError>>;
  /** Makes the views of a tenant (null: of all) where needed and returns its slot. */
  ensureTenantViews(tenant: string | null): Promise<Result<AnalystSlot, StoreError>>;
}

export interface WallOptions {
  store: Store;
  supervisor: Supervisor;
  clock: Clock;
  counters: Counters;
  /** View name → SELECT with `VIEW_TENANT` (`views.ts`). */
  views: Record<string, string>;
  limits?: SqlLimits;
}

export interface SqlLimits {
  rows: number;
  bytes: number;
  /** Milliseconds; the engine's own bound stands in the reader's profile and should not be larger. */
  time_ms: number;
}

/** As the API promises them: 100,000 rows, 64 MB, 30 s. */
export const SQL_LIMITS: SqlLimits = { rows: 100_000, bytes: 64 * 1024 * 1024, time_ms: 30_000 };

/** The format that `Store.analyst` asks for. */
const FORMAT = 'JSONCompactEachRowWithNamesAndTypes';

/** How a query fails whose slot belongs to an engine that is gone. */
const OF_ANOTHER_ENGINE: ReadonlySet<string> = new Set([
  'AUTHENTICATION_FAILED',
  'UNKNOWN_DATABASE',
  'UNKNOWN_TABLE',
  'ENGINE_DOWN',
]);

interface Holder {
  slot: AnalystSlot;
  /** Null: all tenants. */
  tenant: string | null;
  views: Promise<Result<null, StoreError>>;
  running: number;
  lastUsed: number;
}

export function createWall(options: WallOptions): Wall {
  const { store, supervisor, clock, counters } = options;
  const limits = options.limits ?? SQL_LIMITS;
  let engine: Engine | null = null;
  let holders: Holder[] = [];

  /** Slots belong to one life of the engine: after a restart the passwords are new and the pool is empty. */
  function holderOf(tenant: string | null, running: Engine): Result<Holder, StoreError> {
    if (engine !== running) {
      engine = running;
      holders = [];
    }
    const known = holders.find((holder) => holder.tenant === tenant);
    if (known) return ok(known);
    const slot = freeSlot(tenant, running.analystPool);
    if (!slot.ok) return slot;
    const holder: Holder = {
      slot: slot.value,
      tenant,
      views: makeViews(slot.value, tenant, running),
      running: 0,
      lastUsed: clock.monotonic(),
    };
    holders.push(holder);
    // A slot whose views could not be made is free again; its database is dropped before it is used.
    void holder.views.then((made) => {
      if (!made.ok) holders = holders.filter((other) => other !== holder);
    });
    return ok(holder);
  }

  function freeSlot(tenant: string | null, pool: AnalystSlot[]): Result<AnalystSlot, StoreError> {
    const [forAll, ...others] = pool;
    if (!forAll)
      return fail(rejected('NO_SLOTS', 'SQL over the views is off: this engine has no users for it'));
    if (tenant === null) return ok(forAll);
    const taken = new Set(holders.map((holder) => holder.slot));
    const free = others.find((slot) => !taken.has(slot));
    if (free) return ok(free);
    const idle = holders
      .filter((holder) => holder.tenant !== null && holder.running === 0)
      .sort((a, b) => a.lastUsed - b.lastUsed)[0];
    if (!idle) {
      const message = 'every slot for SQL is in use by another tenant';
      return fail({ kind: 'retryable', code: null, type: 'BUSY', message });
    }
    holders = holders.filter((holder) => holder !== idle);
    counters.add('pegbar_sql_slots_reassigned_total');
    return ok(idle.slot);
  }

  async function makeViews(
    slot: AnalystSlot,
    tenant: string | null,
    running: Engine,
  ): Promise<Result<null, StoreError>> {
    const condition = tenant === null ? '' : `PREWHERE t.tenant = ${quote(tenant)}`;
    const statements = [
      // What another tenant or an older version left goes first.
      `DROP DATABASE IF EXISTS ${slot.database} SYNC`,
      `CREATE DATABASE ${slot.database} ENGINE = Atomic`,
      ...Object.entries(options.views).map(([name, select]) => {
        if (!select.includes(VIEW_TENANT)) throw new Error(`the view ${name} has no tenant filter`);
        const body = select.replaceAll(VIEW_TENANT, () => condition);
        return `CREATE VIEW ${slot.database}.${name} DEFINER = \`${running.user}\` SQL SECURITY DEFINER AS ${body}`;
      }),
    ];
    for (const statement of statements) {
      const made = await store.command(statement, { unbound: true });
      if (!made.ok) return made;
    }
    return ok(null);
  }

  async function enter(tenant: string | null): Promise<Result<Holder, StoreError>> {
    let running: Engine;
    try {
      running = await supervisor.ready(AbortSignal.timeout(limits.time_ms));
    } catch {
      return fail(engineDown('the engine is not up'));
    }
    const holder = holderOf(tenant, running);
    if (!holder.ok) return holder;
    holder.value.running += 1;
    holder.value.lastUsed = clock.monotonic();
    const made = await holder.value.views;
    if (made.ok) return holder;
    holder.value.running -= 1;
    return made;
  }

  async function ask(
    scope: TenantScope,
    sql: string,
    callOptions: { signal?: AbortSignal },
  ): Promise<Result<SqlAnswer, StoreError>> {
    const holder = await enter(scope.tenant);
    if (!holder.ok) return holder;
    try {
      const call: CallOptions & { bytes: number } = { bytes: limits.bytes, timeout_ms: limits.time_ms };
      if (callOptions.signal) call.signal = callOptions.signal;
      const answer = await store.analyst(holder.value.slot, sql, call);
      if (!answer.ok) return fail(readableError(answer.error, Object.keys(options.views)));
      return read(answer.value, limits);
    } finally {
      holder.value.running -= 1;
      holder.value.lastUsed = clock.monotonic();
    }
  }

  return {
    async ensureTenantViews(tenant) {
      const holder = await enter(tenant);
      if (!holder.ok) return holder;
      holder.value.running -= 1;
      return ok(holder.value.slot);
    },
    async query(scope, sql, callOptions = {}) {
      const refusal = refusalOf(sql);
      if (refusal !== null) return fail(rejected('FUNCTION_NOT_ALLOWED', refusal));
      const before = supervisor.current();
      const answer = await ask(scope, sql, callOptions);
      // The engine was restarted on the way: the slot's password and views were those of the one before.
      const outdated =
        !answer.ok && OF_ANOTHER_ENGINE.has(answer.error.type) && supervisor.current() !== before;
      return outdated ? ask(scope, sql, callOptions) : answer;
    },
  };
}

/** First line names, second line types, then rows; the last line may be cut. */
function read(answer: AnalystAnswer, limits: SqlLimits): Result<SqlAnswer, StoreError> {
  if ((answer.text !== '' || answer.format === 'Null') && answer.format !== FORMAT) {
    return fail(rejected('FORMAT', 'leave the FORMAT clause out: the answer is always JSON'));
  }
  const lines = answer.text.split('\n');
  const last = lines.pop(); // What follows the last line end: nothing, or half a row.
  const [names = [], types = [], ...rows] = lines
    .slice(0, limits.rows + 2)
    .map((line) => JSON.parse(line) as unknown[]);
  const columns = names.map((name, index) => ({ name: String(name), type: String(types[index] ?? '') }));
  const truncated = answer.cut || lines.length > limits.rows + 2 || last !== '';
  return ok({ columns, rows: rows as unknown[][], truncated: answer.text !== '' && truncated });
}

function rejected(type: string, message: string): StoreError {
  return { kind: 'rejected', code: null, type, message };
}
