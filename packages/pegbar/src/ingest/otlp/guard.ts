/** Who may send. Keys are the access room's; here is what protects the keyless loopback. */
import type { IncomingHttpHeaders } from 'node:http';
import { RPC } from './status.ts';

export type Authenticated =
  | { ok: true; tenant: string | null }
  /** `status` is HTTP's (401, 403, 429), `code` the `google.rpc.Code` beside it. */
  | { ok: false; status: number; code: number; message: string };

/** Called once per request, before its body is read. gRPC's `:authority` arrives as `host`. */
export type Authenticate = (headers: IncomingHttpHeaders, remoteAddress: string) => Authenticated;

const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.|^::1$/;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

const forbidden = (message: string): Authenticated => ({
  ok: false,
  status: 403,
  code: RPC.permissionDenied,
  message,
});

/**
 * Without a key, only a process of this machine may send. A web page is kept out by its `Origin`, and one that
 * rebinds a name of its own to 127.0.0.1 by its `Host`.
 */
export function authenticateLoopback(headers: IncomingHttpHeaders, remoteAddress: string): Authenticated {
  if (!LOOPBACK_ADDRESS.test(remoteAddress)) {
    return {
      ok: false,
      status: 401,
      code: RPC.unauthenticated,
      message: 'a key is needed from this address',
    };
  }
  if (headers.host !== undefined && !LOOPBACK_HOST.test(headers.host)) {
    return forbidden('without a key the Host must be localhost, 127.0.0.1 or [::1]');
  }
  if (headers.origin !== undefined && !LOOPBACK_ORIGIN.test(headers.origin)) {
    return forbidden('without a key, pages of other origins may not send');
  }
  return { ok: true, tenant: null };
}
