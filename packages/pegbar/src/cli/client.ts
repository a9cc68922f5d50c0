import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ClientConfig } from '../config/index.ts';
import { EXIT } from './command.ts';

const compress = promisify(gzip);

/** Smaller bodies are not worth the gzip header and the CPU. */
const GZIP_LEAST_BYTES = 1_024;
/** A flush may take as long as the backlog; anything longer than this is a hung server. */
const REQUEST_TIMEOUT_MS = 120_000;
/** With the waits below this outlasts a restart of the engine (seconds) and a short overload. */
const RETRIES_MOST = 8;
const FIRST_WAIT_MS = 500;
/** A server that asks for more patience than this is asked again sooner than it likes. */
const WAIT_MOST_MS = 30_000;
const ERROR_BODY_MOST_CHARACTERS = 2_000;

/** Why there is no answer. `exit` is the status that a command ends with because of it. */
export interface ClientFailure {
  kind:
    | 'unreachable'
    | 'interrupted'
    | 'denied'
    | 'refused'
    | 'missing'
    | 'too_large'
    | 'overloaded'
    | 'broken';
  status?: number;
  code?: string;
  field?: string;
  message: string;
  hint?: string;
  exit: number;
}

export interface Ask {
  query?: Record<string, string | number | readonly string[] | undefined>;
  body?: string | Uint8Array;
  contentType?: string;
  /** Statuses besides 2xx whose body is an answer and no failure. */
  alsoAnswers?: readonly number[];
  /** Address to ask instead of the API's base, e.g. the OTLP port. */
  base?: string;
  retries?: number;
  timeoutMs?: number;
  /** Waits for a server that is not there, too: in the middle of a long job it is most likely restarting. */
  patient?: boolean;
  /** What stops it instead of the user's Ctrl-C: the last words of a command that was stopped. */
  signal?: AbortSignal;
  onRetry?: (waitMs: number, why: string) => void;
}

export interface Client {
  readonly url: string;
  readonly hasKey: boolean;
  /** JSON in, JSON out. */
  json<T = unknown>(method: string, path: string, ask?: Ask): Promise<Result<T, ClientFailure>>;
  /** The raw response; its body has not been read. */
  raw(method: string, path: string, ask?: Ask): Promise<Result<Response, ClientFailure>>;
}

interface Parts {
  fetch: typeof fetch;
  clock: Clock;
  userAgent: string;
  signal: AbortSignal | undefined;
}

/** Asks one server. Network errors, 429 and 503 are tried again, with Retry-After where it is said. */
export function createClient(config: ClientConfig, parts: Parts): Client {
  async function once(
    method: string,
    url: string,
    headers: Headers,
    body: Uint8Array | string | undefined,
    { timeoutMs: ms = REQUEST_TIMEOUT_MS, signal = parts.signal }: Ask,
  ) {
    const limit = new AbortController();
    const done = new AbortController();
    const stop = (): void => limit.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    void parts.clock.sleep(ms, done.signal).then(() => {
      if (!done.signal.aborted) limit.abort();
    });
    try {
      return ok(
        await parts.fetch(url, {
          method,
          headers,
          signal: limit.signal,
          redirect: 'error',
          ...(body === undefined ? {} : { body }),
        }),
      );
    } catch (error) {
      if (signal?.aborted) return fail(INTERRUPTED);
      const why = limit.signal.aborted ? `no answer within ${ms / 1000} s` : reason(error);
      return fail(unreachable(new URL(url).origin, why));
    } finally {
      done.abort();
      signal?.removeEventListener('abort', stop);
    }
  }

  async function raw(method: string, path: string, ask: Ask = {}): Promise<Result<Response, ClientFailure>> {
    const url = address(ask.base ?? config.url, path, ask.query);
    const headers = new Headers({ accept: 'application/json, */*;q=0.5', 'user-agent': parts.userAgent });
    if (config.key) headers.set('authorization', `Bearer ${config.key}`);
    if (ask.body !== undefined) headers.set('content-type', ask.contentType ?? 'application/json');
    const body = await packed(ask.body, headers);
    const { retries = RETRIES_MOST, signal = parts.signal } = ask;
    for (let attempt = 0; ; attempt++) {
      const answer = await once(method, url, headers, body, ask);
      // At first, a connection that nobody accepts is a server that is not there: waiting would only hide it.
      const again = answer.ok
        ? answer.value.status === 429 || answer.value.status === 503
        : attempt > 0 || ask.patient === true;
      if (answer.ok && (answer.value.ok || ask.alsoAnswers?.includes(answer.value.status))) return answer;
      if (!again || attempt >= retries || signal?.aborted) {
        return answer.ok ? fail(await refusal(answer.value, config.key !== null)) : answer;
      }
      const wait = answer.ok ? patience(answer.value, attempt, parts.clock) : backOff(attempt);
      ask.onRetry?.(wait, answer.ok ? `HTTP ${answer.value.status}` : answer.error.message);
      await answerDrained(answer);
      await parts.clock.sleep(wait, signal);
      if (signal?.aborted) return fail(INTERRUPTED);
    }
  }

  return {
    url: config.url,
    hasKey: config.key !== null,
    raw,
    async json<T>(method: string, path: string, ask?: Ask): Promise<Result<T, ClientFailure>> {
      const answer = await raw(method, path, ask);
      if (!answer.ok) return answer;
      try {
        const text = await answer.value.text();
        return ok((text === '' ? {} : JSON.parse(text)) as T);
      } catch (error) {
        const message = `${config.url} did not answer in JSON (${reason(error)})`;
        return fail({ kind: 'broken', message, hint: 'is this a Pegbar server?', exit: EXIT.unreachable });
      }
    },
  };
}

function address(base: string, path: string, query: Ask['query']): string {
  const url = new URL(base.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
  return url.href;
}

async function packed(
  body: string | Uint8Array | undefined,
  headers: Headers,
): Promise<Uint8Array | string | undefined> {
  if (body === undefined || Buffer.byteLength(body) < GZIP_LEAST_BYTES) return body;
  // Pictures are compressed already.
  if (headers.get('content-type')?.startsWith('image/')) return body;
  headers.set('content-encoding', 'gzip');
  return compress(body);
}

const backOff = (attempt: number): number => Math.min(WAIT_MOST_MS, FIRST_WAIT_MS * 2 ** attempt);

function patience(response: Response, attempt: number, clock: Clock): number {
  const said = response.headers.get('retry-after');
  if (said === null) return backOff(attempt);
  const seconds = Number(said);
  const wait = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(said) - clock.now();
  return Number.isFinite(wait) ? Math.min(WAIT_MOST_MS, Math.max(0, wait)) : backOff(attempt);
}

/** Reads what is left of an answer, so that its connection can be used again. */
async function answerDrained(answer: Result<Response, ClientFailure>): Promise<void> {
  if (answer.ok) await answer.value.arrayBuffer().catch(() => undefined);
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as { code?: unknown }).code;
  return cause.message || (typeof code === 'string' ? code : cause.name);
}

/** The user wanted it to stop: what is there is a part. */
const INTERRUPTED: ClientFailure = { kind: 'interrupted', message: 'interrupted', exit: EXIT.finding };

function unreachable(origin: string, why: string): ClientFailure {
  return {
    kind: 'unreachable',
    message: `no server answers at ${origin} (${why})`,
    hint: 'start one with `pegbar up`, or say where it is with --url or PEGBAR_URL',
    exit: EXIT.unreachable,
  };
}

async function refusal(response: Response, hasKey: boolean): Promise<ClientFailure> {
  const text = await response.text().catch(() => '');
  let said: { code?: string; message?: string; field?: string; hint?: string } = {};
  try {
    said = (JSON.parse(text) as { error?: typeof said }).error ?? {};
  } catch {
    said = { message: text.slice(0, ERROR_BODY_MOST_CHARACTERS).trim() };
  }
  const { status } = response;
  const failure: ClientFailure = {
    kind: kindOf(status),
    status,
    message: said.message || `the server answered HTTP ${status}`,
    exit: exitOf(status),
  };
  if (said.code) failure.code = said.code;
  if (said.field) failure.field = said.field;
  const hint = said.hint ?? (status === 401 || status === 403 ? keyHint(hasKey) : undefined);
  if (hint) failure.hint = hint;
  return failure;
}

const keyHint = (hasKey: boolean): string =>
  hasKey
    ? 'the key is unknown, revoked or lacks the scope; `pegbar keys list` shows what there is'
    : 'say a key with --key or PEGBAR_KEY; `pegbar keys create` makes one';

function kindOf(status: number): ClientFailure['kind'] {
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'missing';
  if (status === 413) return 'too_large';
  if (status === 429 || status === 503) return 'overloaded';
  return status >= 500 ? 'broken' : 'refused';
}

function exitOf(status: number): number {
  if (status === 401 || status === 403 || status === 429 || status >= 500) return EXIT.unreachable;
  return status === 404 ? EXIT.finding : EXIT.usage;
}
