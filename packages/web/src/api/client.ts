/** The HTTP API: one way to ask, one shape of failure. */
import type { ApiErrorBody } from '@pegbar/contract/words';
import { request } from '../base/browser.ts';

export type Params = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** A refusal in the words of the catalogue; `offline` where no answer came at all. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly field: string | undefined;
  readonly hint: string | undefined;

  constructor(status: number, error: { code: string; message: string; field?: string; hint?: string }) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.field = error.field;
    this.hint = error.hint;
  }
}

/** What may be over in a second: asked again before anybody is told. */
const PASSING: ReadonlySet<string> = new Set(['offline', 'engine_unavailable', 'overloaded', 'unavailable']);
const TRIES = 3;
export const askAgain = (failures: number, error: unknown): boolean =>
  failures < TRIES && error instanceof ApiError && PASSING.has(error.code);

let csrf: string | null = null;
/** The token of the session, which writes send along. */
export function keepCsrf(token: string | null): void {
  csrf = token;
}

export function addressOf(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') for (const one of value) query.append(name, one);
    else query.set(name, String(value));
  }
  const text = query.toString();
  return `/api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await request(path, { ...init, credentials: 'same-origin' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, { code: 'offline', message: 'The server does not answer.' });
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as ApiErrorBody | null;
  throw new ApiError(
    response.status,
    body?.error ?? { code: 'internal', message: `The server answered ${response.status}.` },
  );
}

/** What a headline is made of goes before the charts, and so does one thing that somebody opened. */
const FIRST: ReadonlySet<string> = new Set(['findings', 'objectives', 'me', 'find']);
const isFirst = (path: string): boolean => FIRST.has(path) || path.includes('/');
/** A browser asks six things of a server at a time: two are left for headlines and pictures. */
const AT_A_TIME = 4;
let sent = 0;
const waiting = new Set<() => void>();

/** Nothing is asked, and nothing waits to be. */
export const quiet = (): boolean => sent === 0 && waiting.size === 0;

/** Waits until few enough others are asked; those before it go first. */
function turnOf(path: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      sent += 1;
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    const leave = (): void => {
      waiting.delete(go);
      reject(signal?.reason as Error);
    };
    if (isFirst(path) || sent < AT_A_TIME) return go();
    signal?.addEventListener('abort', leave);
    waiting.add(go);
  });
}

function done(): void {
  sent -= 1;
  const [next] = waiting;
  if (next === undefined || sent >= AT_A_TIME) return;
  waiting.delete(next);
  next();
}

/** GET; throws an `ApiError`. */
export async function get<Answer>(path: string, params?: Params, signal?: AbortSignal): Promise<Answer> {
  await turnOf(path, signal);
  try {
    const response = await answered(addressOf(path, params), signal ? { signal } : {});
    return (await response.json()) as Answer;
  } finally {
    done();
  }
}

/** Writes, with the token of the session; throws an `ApiError`. */
export async function send<Answer>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  { params, type = 'application/json' }: { params?: Params; type?: string } = {},
): Promise<Answer> {
  const headers: Record<string, string> = csrf === null ? {} : { 'x-pegbar-csrf': csrf };
  if (body !== undefined) headers['content-type'] = type;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await answered(addressOf(path, params), {
    method,
    headers,
    ...(body === undefined ? {} : { body: text }),
  });
  return (await response.json().catch(() => null)) as Answer;
}

/** The picture itself, or its thumbnail: blurred by the server where it is flagged. */
export const thumbnailAddress = (image_id: string, tenant: string | undefined, size?: number): string =>
  addressOf(`thumbnails/${encodeURIComponent(image_id)}`, { tenant, size });
export const pictureAddress = (image_id: string, tenant: string | undefined, unblur = false): string =>
  addressOf(`artifacts/${encodeURIComponent(image_id)}`, { tenant, unblur: unblur ? true : null });
