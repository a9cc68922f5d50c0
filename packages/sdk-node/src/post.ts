/** One attempt to post a batch, and what its answer means. */
import type { Verdict } from './buffer.ts';
import type { Runtime } from './runtime.ts';

/** A server that takes longer is tried again; it knows a batch that it has seen. */
export const ATTEMPT_MS = 10_000;
/** Below it, packing costs more than it saves. */
const GZIP_FROM_BYTES = 2_048;
const MESSAGE_CHARACTERS = 300;

/** Answers after which the same batch would be refused again. Everything else may pass: a key may be granted. */
const REFUSALS: ReadonlySet<number> = new Set([400, 415, 422]);

export interface Posting {
  runtime: Runtime;
  url: string;
  key: string | undefined;
  type: string;
  body: Uint8Array;
  /** Ends the attempt: nobody waits for it any more. */
  signal?: AbortSignal | undefined;
  /** How many items of a delivered batch the answer rejects. */
  rejectedOf(answer: Uint8Array): number;
}

export async function post(posting: Posting): Promise<Verdict> {
  const { runtime, url, key, type, body, signal: over } = posting;
  const late = AbortSignal.timeout(ATTEMPT_MS);
  const packed = body.length >= GZIP_FROM_BYTES ? await runtime.gzip(body) : undefined;
  let answer: Response;
  let bytes: Uint8Array;
  try {
    answer = await runtime.fetch(url, {
      method: 'POST',
      body: (packed ?? body) as Uint8Array<ArrayBuffer>,
      headers: {
        'content-type': type,
        ...(packed === undefined ? {} : { 'content-encoding': 'gzip' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      redirect: 'error',
      signal: over ? AbortSignal.any([late, over]) : late,
    });
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    return { kind: 'retry', reason: told(error) };
  }
  if (answer.ok) return { kind: 'delivered', rejected: rejectedBy(posting, bytes) };
  if (answer.status === 413) return { kind: 'too_large' };
  const reason = `${answer.status} ${new TextDecoder().decode(bytes).slice(0, MESSAGE_CHARACTERS)}`.trim();
  if (REFUSALS.has(answer.status)) return { kind: 'refused', reason };
  return { kind: 'retry', reason, after_ms: retryAfterMs(answer.headers.get('retry-after'), runtime.now()) };
}

/** An answer that cannot be read rejects nothing: the status said that the batch is stored. */
function rejectedBy({ rejectedOf }: Posting, answer: Uint8Array): number {
  try {
    return rejectedOf(answer);
  } catch {
    return 0;
  }
}

/** Seconds or an HTTP date, RFC 9110 §10.2.3; undefined where it is neither. */
export function retryAfterMs(header: string | null, now_ms: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now_ms);
}

/** `fetch failed` alone tells nobody that the connection was refused. */
function told(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause instanceof Error ? ((cause.message || (cause as { code?: string }).code) ?? '') : '';
  return `${error instanceof Error ? error.message : String(error)}${why === '' ? '' : `: ${why}`}`;
}
