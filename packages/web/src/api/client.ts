/** The HTTP API: one way to ask, one shape of failure. */
import type { ApiErrorBody } from '@pegbar/contract/words';
import { request } from '../base/browser.ts';
import { reach } from './reach.ts';

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
export const isPassing = (error: unknown): boolean => error instanceof ApiError && PASSING.has(error.code);
const TRIES = 3;
export const askAgain = (failures: number, error: unknown): boolean => failures < TRIES && isPassing(error);
/** A server that stands still holds the line open: the slowest question of ours takes a quarter of this. */
const ANSWER_MS = 120_000;

let csrf: string | null = null;
/** The token of the session, which writes send along. */
export function keepCsrf(token: string | null): void {
  csrf = token;
}

export function queryOf(params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'object') for (const one of value) query.append(name, one);
    else query.set(name, String(value));
  }
  return query.toString();
}

export function addressOf(path: string, params: Params = {}): string {
  const text = queryOf(params);
  return `/api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

const ME = '/api/v1/me';
let onStranger = (): void => undefined;
/** Called when the server does not know who asks any more: the session has ended. */
export function whenStranger(told: () => void): void {
  onStranger = told;
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  const late = AbortSignal.timeout(ANSWER_MS);
  const both = init.signal && 'any' in AbortSignal;
  const signal = both ? AbortSignal.any([init.signal!, late]) : (init.signal ?? late);
  try {
    response = await request(path, { ...init, signal, credentials: 'same-origin' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    reach.lost();
    throw new ApiError(0, { code: 'offline', message: 'The server does not answer.' });
  }
  reach.answered();
  if (response.ok) return response;
  if (response.status === 401 && path !== ME) onStranger();
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

/** Does its work when few enough others are asked. */
async function inTurn<T>(path: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  await turnOf(path, signal);
  try {
    return await work();
  } finally {
    done();
  }
}

/** GET; throws an `ApiError`. */
export const get = <Answer>(path: string, params?: Params, signal?: AbortSignal): Promise<Answer> =>
  read(path, params, signal, async (response) => (await response.json()) as Answer);

/** GET of what is read in another way than at once; it has its turn until it is read. */
export const read = <T>(
  path: string,
  params: Params | undefined,
  signal: AbortSignal | undefined,
  how: (response: Response) => Promise<T>,
): Promise<T> =>
  inTurn(path, signal, async () => how(await answered(addressOf(path, params), signal ? { signal } : {})));

interface Sending {
  readonly params?: Params;
  readonly type?: string;
}
/** Writes, with the token of the session; throws an `ApiError`. */
export async function send<Answer>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  { params, type = 'application/json' }: Sending = {},
): Promise<Answer> {
  const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const write = (): Promise<Response> => {
    const headers: Record<string, string> = csrf === null ? {} : { 'x-pegbar-csrf': csrf };
    if (body !== undefined) headers['content-type'] = type;
    return answered(addressOf(path, params), { method, headers, ...content });
  };
  const response = await write().catch(async (error: unknown) => {
    // Another tab has logged in anew since: its session is the browser's, and its token is asked for once.
    const old = csrf;
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    keepCsrf((await get<{ csrf: string | null }>('me')).csrf);
    if (csrf === old) throw error;
    return write();
  });
  return (await response.json().catch(() => null)) as Answer;
}

/** The picture itself, or its thumbnail: blurred by the server where it is flagged. */
export const thumbnailAddress = (image_id: string, tenant: string | undefined, size?: number): string =>
  addressOf(`thumbnails/${encodeURIComponent(image_id)}`, { tenant, size });
export const pictureAddress = (image_id: string, tenant: string | undefined, unblur = false): string =>
  addressOf(`artifacts/${encodeURIComponent(image_id)}`, { tenant, unblur: unblur ? true : null });
