/**
 * People in a browser: a login link is used once and gives a session, whose cookie no script can read. Both
 * are stored as hashes. An unsafe request must also carry the session's CSRF token in a header, which a page
 * of another site can neither read nor send.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Scope } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import type { State } from '../state/index.ts';
import type { Audit } from './audit.ts';
import { ALL_TENANTS, type Caller, withImplied } from './caller.ts';
import { type AccessError, refuse } from './errors.ts';
import { digest, type RandomBytes } from './key-format.ts';
import * as SQL from './queries.ts';
import { ADMIN_USER, type Users } from './users.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LINK_LIFE_MS = 15 * MINUTE_MS;
/** After this long without a request. */
const SESSION_LIFE_MS = 12 * HOUR_MS;
/** However busy: a stolen cookie does not live forever. */
const SESSION_MAX_MS = 30 * 24 * HOUR_MS;
/** The expiry moves in steps, so that not every request is a commit. */
const EXTEND_STEP_MS = 5 * MINUTE_MS;
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

const COOKIE = 'pegbar_session';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface Session {
  /** Value for `sessionCookie`. */
  token: string;
  /** What unsafe requests send in `x-pegbar-csrf`. */
  csrf: string;
  user: string;
  /** Epoch milliseconds. */
  expires_at: number;
}

export interface Sessions {
  /** For the built-in user `admin`, or one that was created. Lives 15 minutes, opens once. */
  createLoginLink(user?: string): Promise<Result<{ token: string; expires_at: number }, AccessError>>;
  /** Opens a login link. By POST, so that a program that looks at links does not use it up. */
  redeem(token: string): Promise<Result<Session, AccessError>>;
  /** The caller of a session that lives; puts its end off. */
  find(token: string): Promise<Caller | undefined>;
  logout(token: string): Promise<void>;
}

interface SessionDeps {
  state: State;
  clock: Clock;
  random: RandomBytes;
  audit: Audit;
  users: Users;
}

export function createSessions({ state, clock, random, audit, users }: SessionDeps): Sessions {
  const newToken = (): string => random(TOKEN_BYTES).toString('base64url');
  const hashOf = (token: string): string => digest(token).toString('hex');

  return {
    async createLoginLink(name = ADMIN_USER) {
      const user = await users.find(name);
      if (!user || user.disabled_at !== null)
        return refuse('not_found', `there is no user ${name.slice(0, 80)}`);
      const token = newToken();
      const now = clock.now();
      const expires_at = now + LINK_LIFE_MS;
      await state.transaction(async (tx) => {
        await tx.run(SQL.DELETE_OLD_LINKS, [now]);
        await tx.run(SQL.INSERT_LINK, [hashOf(token), user.id, now, expires_at]);
      });
      return ok({ token, expires_at });
    },

    async redeem(linkToken) {
      const now = clock.now();
      const session = await state.transaction(async (tx) => {
        const used = TOKEN.test(linkToken)
          ? await tx.get<{ user_id: string }>(SQL.USE_LINK, [now, hashOf(linkToken), now])
          : undefined;
        const user = used && (await users.byId(used.user_id, tx));
        if (!user || user.disabled_at !== null) return undefined;
        const made = {
          token: newToken(),
          csrf: newToken(),
          user: user.name,
          expires_at: now + SESSION_LIFE_MS,
        };
        await tx.run(SQL.DELETE_OLD_SESSIONS, [now]);
        await tx.run(SQL.INSERT_SESSION, [hashOf(made.token), user.id, made.csrf, now, made.expires_at]);
        const actor = callerOf({ ...user, csrf: made.csrf });
        await audit.write({ actor, action: 'session.create', object: user.name, tenant: actor.tenant }, tx);
        return made;
      });
      if (session) return ok(session);
      return refuse('unauthenticated', 'the login link is unknown, used or older than 15 minutes', {
        hint: 'Ask for a new one; `pegbar up` prints one at every start.',
      });
    },

    async find(token) {
      if (!TOKEN.test(token)) return undefined;
      const now = clock.now();
      const row = await state.get<SessionRow>(SQL.SESSION, [hashOf(token), now]);
      if (!row) return undefined;
      const until = Math.min(now + SESSION_LIFE_MS, row.created_at + SESSION_MAX_MS);
      if (until - row.expires_at >= EXTEND_STEP_MS)
        await state.run(SQL.EXTEND_SESSION, [until, hashOf(token)]);
      return callerOf(row);
    },

    async logout(token) {
      await state.run(SQL.DELETE_SESSION, [hashOf(token)]);
    },
  };
}

type SessionRow = {
  csrf: string;
  created_at: number;
  expires_at: number;
  name: string;
  tenant: string;
  scopes: string;
};

function callerOf(row: { name: string; tenant: string; scopes: string; csrf: string }): Caller {
  const tenant = row.tenant === ALL_TENANTS ? null : row.tenant;
  const scopes = withImplied(JSON.parse(row.scopes) as Scope[]);
  return { kind: 'session', id: row.name, tenant, scopes, csrf: row.csrf };
}

/** Unsafe requests of a session must send its token in `x-pegbar-csrf`. Keys need none: no browser adds them. */
export function checkCsrf(
  caller: Caller,
  method: string,
  token: string | undefined,
): Result<void, AccessError> {
  if (caller.kind !== 'session' || SAFE_METHODS.has(method.toUpperCase())) return ok(undefined);
  const wanted = digest(caller.csrf ?? '');
  if (caller.csrf && token !== undefined && timingSafeEqual(wanted, digest(token))) return ok(undefined);
  return refuse('forbidden', 'the CSRF token is missing or wrong', {
    hint: "Send the session's token in the header x-pegbar-csrf; reload the page to get it again.",
  });
}

/** Value of `Set-Cookie`; `secure` where the browser speaks TLS. */
export function sessionCookie(token: string, secure: boolean): string {
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_MAX_MS / 1_000}${secure ? '; Secure' : ''}`;
}

/** Value of `Set-Cookie` that ends the session in the browser. */
export function clearedSessionCookie(secure: boolean): string {
  return `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${secure ? '; Secure' : ''}`;
}

/** The session token in a `Cookie` header. */
export function readSessionCookie(header: string | undefined): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.split('=', 2);
    if (name?.trim() === COOKIE && value) return value.trim();
  }
  return undefined;
}
