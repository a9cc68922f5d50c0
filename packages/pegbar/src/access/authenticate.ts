/** From the head of a request to a caller, or to a refusal that says what to do. */
import type { Counters } from '../base/counters.ts';
import { ok, type Result } from '../base/result.ts';
import { type Caller, SYSTEM } from './caller.ts';
import { type AccessError, refuse } from './errors.ts';
import { looksLikeKey } from './key-format.ts';
import type { HeldKey } from './keyring.ts';
import type { Keys } from './keys.ts';
import { checkKeyless, isSameSite, SEND_KEY } from './loopback.ts';
import { readSessionCookie, type Sessions } from './sessions.ts';

/** The parts of a request that decide; absent headers are undefined. */
export interface AuthRequest {
  authorization?: string | undefined;
  cookie?: string | undefined;
  /** A key in the URL or the body: for public keys only. */
  queryKey?: string | undefined;
  /** Of the socket. */
  remoteAddress: string;
  /** `Host`, or `:authority`. */
  host?: string | undefined;
  origin?: string | undefined;
  /** Any of Forwarded, X-Forwarded-For, X-Real-IP. */
  forwarded?: string | undefined;
}

export type AuthFailure = AccessError & { code: 'unauthenticated' | 'forbidden' };
export type AuthResult = Result<Caller, AuthFailure>;

const LOOPBACK: Caller = { kind: 'loopback', id: 'loopback', tenant: null, scopes: SYSTEM.scopes };

export interface Authenticator {
  /** Keys, sessions and the keyless loopback. */
  authenticate(request: AuthRequest): Promise<AuthResult>;
  /**
   * The same without waiting, for the ingest doors: no sessions, and a key that another process has made is
   * known after some seconds only.
   */
  authenticateNow(request: AuthRequest): AuthResult;
}

export function createAuthenticator(deps: {
  keys: Keys;
  sessions: Sessions;
  counters: Counters;
  /** Whether a loopback request without a key is an admin. */
  keyless: boolean;
}): Authenticator {
  const { keys, sessions, counters, keyless } = deps;

  function counted(result: AuthResult): AuthResult {
    if (!result.ok) counters.add('pegbar_access_refused_total', { reason: result.error.code });
    return result;
  }

  function withoutKey(request: AuthRequest): AuthResult {
    if (!keyless) return failure('unauthenticated', 'a key is needed', SEND_KEY);
    const checked = checkKeyless(request);
    return checked.ok ? ok(LOOPBACK) : (checked as AuthResult);
  }

  async function bySession(token: string, request: AuthRequest): Promise<AuthResult> {
    const caller = await sessions.find(token);
    if (!caller) {
      // The browser sends an old cookie by itself, so on the keyless loopback it takes nothing away.
      const result = withoutKey(request);
      if (result.ok || result.error.code === 'forbidden') return result;
      return failure('unauthenticated', 'the session has ended', 'Log in again with a new login link.');
    }
    const { origin, host } = request;
    if (origin !== undefined && (host === undefined || !isSameSite(origin, host))) {
      return failure(
        'forbidden',
        'pages of other origins may not use this session',
        'A proxy must pass Host on unchanged.',
      );
    }
    return ok(caller);
  }

  return {
    async authenticate(request) {
      const presented = presentedKey(request);
      if (presented) {
        if (!presented.ok) return counted(presented);
        const { key, inUrl } = presented.value;
        return counted(judge(await keys.findStored(key), key, inUrl, request));
      }
      const token = readSessionCookie(request.cookie);
      return counted(token === undefined ? withoutKey(request) : await bySession(token, request));
    },
    authenticateNow(request) {
      const presented = presentedKey(request);
      if (!presented) return counted(withoutKey(request));
      if (!presented.ok) return counted(presented);
      const { key, inUrl } = presented.value;
      return counted(judge(keys.find(key), key, inUrl, request));
    },
  };
}

/** A key that was sent counts, even where none is needed: a sender with a wrong key should learn of it. */
function presentedKey(
  request: AuthRequest,
): Result<{ key: string; inUrl: boolean }, AuthFailure> | undefined {
  if (request.authorization !== undefined) {
    const key = /^Bearer +(\S+) *$/i.exec(request.authorization)?.[1];
    if (key !== undefined) return ok({ key, inUrl: false });
    return failure('unauthenticated', 'the Authorization header is not `Bearer KEY`', SEND_KEY);
  }
  return request.queryKey === undefined ? undefined : ok({ key: request.queryKey, inUrl: true });
}

function judge(
  found: HeldKey | undefined,
  presented: string,
  inUrl: boolean,
  request: AuthRequest,
): AuthResult {
  if (!found) {
    const mistyped = presented.startsWith('pk_') && !looksLikeKey(presented);
    return failure(
      'unauthenticated',
      mistyped ? 'the key is mistyped or cut off' : 'the key is unknown or revoked',
      SEND_KEY,
    );
  }
  const { caller, info } = found;
  if (!caller.scopes.has('beacon')) {
    if (!inUrl) return ok(caller);
    return failure(
      'forbidden',
      'only a public key may stand in a URL or body',
      `URLs end up in logs. ${SEND_KEY}`,
    );
  }
  if (request.origin !== undefined && info.origins.includes(request.origin)) return ok(caller);
  return failure(
    'forbidden',
    request.origin === undefined
      ? 'a public key needs an Origin'
      : `the origin ${request.origin.slice(0, 200)} is not listed for this key`,
    'Public keys work in pages of their listed origins; servers use a key with scope ingest.',
  );
}

function failure(
  code: AuthFailure['code'],
  message: string,
  hint: string,
): { ok: false; error: AuthFailure } {
  return refuse(code, message, { hint }) as { ok: false; error: AuthFailure };
}
