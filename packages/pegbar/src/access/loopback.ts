/**
 * The keyless loopback and its enemy: a web page in a browser on this machine. A page can make the browser
 * send requests to 127.0.0.1, but it cannot choose `Host` and `Origin`. A name that was rebound to 127.0.0.1
 * shows in `Host`; a request across sites shows in `Origin`.
 */
import { ok, type Result } from '../base/result.ts';
import { type AccessError, refuse } from './errors.ts';

const LOOPBACK_V4 = /^127(?:\.\d{1,3}){3}$/;

/** Of a socket: `127.0.0.1`, `::1`, `::ffff:127.0.0.1`. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || LOOPBACK_V4.test(address.replace(/^::ffff:/i, ''));
}

/** Of a `Host` header or a `--host` setting, with or without port or brackets. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.toLowerCase();
  if (bare === '::1' || /^\[::1\](?::\d{1,5})?$/.test(bare)) return true;
  const name = bare.replace(/:\d{1,5}$/, '');
  return name === 'localhost' || LOOPBACK_V4.test(name);
}

/** Whether an `Origin` is the site that the `Host` names, port included. `null` never is. */
export function isSameSite(origin: string, host: string): boolean {
  try {
    const { protocol, host: originHost, origin: exact } = new URL(origin);
    // An Origin has no path; anything else was not written by a browser.
    if ((protocol !== 'http:' && protocol !== 'https:') || exact !== origin.toLowerCase()) return false;
    return new URL(`${protocol}//${host}`).host === originHost;
  } catch {
    return false;
  }
}

export interface KeylessRequest {
  remoteAddress: string;
  host?: string | undefined;
  origin?: string | undefined;
  /** Any of Forwarded, X-Forwarded-For, X-Real-IP: a proxy speaks for someone else. */
  forwarded?: string | undefined;
}

/** May this request go on without a key? The caller has checked that the server allows it at all. */
export function checkKeyless(request: KeylessRequest): Result<void, AccessError> {
  if (!isLoopbackAddress(request.remoteAddress)) {
    return refuse('unauthenticated', 'a key is needed from this address', { hint: SEND_KEY });
  }
  if (request.forwarded !== undefined) {
    return refuse('unauthenticated', 'a key is needed behind a proxy', { hint: SEND_KEY });
  }
  if (request.host === undefined || !isLoopbackHost(request.host)) {
    return refuse('forbidden', 'without a key the Host must be localhost, 127.0.0.1 or [::1]', {
      hint: 'Open the address that `pegbar up` printed, or send a key. This keeps web pages out that rebind a name to this machine.',
    });
  }
  if (request.origin !== undefined && !isSameSite(request.origin, request.host)) {
    return refuse('forbidden', 'without a key, pages of other origins may not use this server', {
      hint: 'Call from the server itself, not from a page, or send a key.',
    });
  }
  return ok(undefined);
}

export const SEND_KEY = 'Send `Authorization: Bearer KEY`; `pegbar keys create` makes one.';

/** Whether a server may listen on `host`. Only on loopback can it go without an admin key. */
export function canStart(options: {
  host: string;
  requireKey: boolean;
  hasAdminKey: boolean;
}): Result<{ loopback: boolean; keyless: boolean }, AccessError> {
  const loopback = isLoopbackHost(options.host);
  if (!loopback && !options.hasAdminKey) {
    return refuse('invalid_request', `refusing to listen on ${options.host} without an admin key`, {
      field: 'host',
      hint:
        'Set PEGBAR_ADMIN_KEY to a long random text, or start once with --host 127.0.0.1 ' +
        'and keep the key that is printed.',
    });
  }
  return ok({ loopback, keyless: loopback && !options.requireKey });
}
