/** What browsers send with a public key: small plain bodies, from pages of listed origins. */
import type { Caller } from '../access/index.ts';
import { readBody } from './body.ts';
import type { Call } from './deps.ts';
import { Refusal } from './failure.ts';

/** Content types that need no preflight, which sendBeacon cannot have. */
export const BEACON_TYPES: readonly string[] = ['text/plain'];
/** sendBeacon itself ends at 64 KB. */
export const BEACON_BYTES = 64 * 1024;

export const isBeacon = (caller: Caller): boolean => caller.scopes.has('beacon');

const KEY_LINE = /^\s*\{\s*"key"\s*:\s*"(pk_[A-Za-z0-9_-]{1,200})"\s*\}\s*(?:\n|$)/;

/**
 * A key in the first line of a plain body, `{"key":"pk_…"}`, for those who want it in no URL, and the request without
 * that line. Only such bodies are read before anybody knows who sends, and no more of them than a beacon has.
 */
export async function takeKey(request: Request): Promise<{ key?: string; request: Request }> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const others = request.headers.has('authorization') || new URL(request.url).searchParams.has('key');
  if (request.method !== 'POST' || others || !BEACON_TYPES.includes(type)) return { request };
  const body = (await readBody(request, BEACON_BYTES)).toString('utf8');
  const found = KEY_LINE.exec(body);
  const headers = new Headers(request.headers);
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  const rest = new Request(request.url, {
    method: 'POST',
    headers,
    signal: request.signal,
    body: found ? body.slice(found[0].length) : body,
  });
  return found ? { key: found[1]!, request: rest } : { request: rest };
}

/** A page may read the answer to its own beacon. */
export function corsOf({ request }: Call, caller: Caller): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === null || !isBeacon(caller)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after',
    'cross-origin-resource-policy': 'cross-origin',
    vary: 'origin',
  };
}

/** Runs a handler of beacons; a page may read why it was refused, too. */
export async function readableByPage(call: Call, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) Object.assign(error.headers, corsOf(call, call.caller!));
    throw error;
  }
}
