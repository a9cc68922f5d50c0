/** Questions to a ComfyUI over HTTP, each with a limit on time and size. */
import type { Clock } from '../../../base/clock.ts';
import { fail, ok, type Result } from '../../../base/result.ts';

const QUESTION_MS = 15_000;
/** A history entry holds its graph; a thousand of the largest shared ones are some 300 MB, and nobody asks for that. */
const ANSWER_MOST_BYTES = 64 * 1_048_576;
const PICTURE_MOST_BYTES = 256 * 1_048_576;

export interface Reading {
  url: string;
  text(path: string): Promise<Result<string, string>>;
  picture(path: string): Promise<Result<Uint8Array, string>>;
}

export interface ReadingParts {
  url: string;
  fetch: typeof fetch;
  clock: Clock;
  signal: AbortSignal;
}

export function createReading(parts: ReadingParts): Reading {
  const { url, clock, signal } = parts;
  async function bytes(path: string, most: number): Promise<Result<Uint8Array, string>> {
    const limit = new AbortController();
    const done = new AbortController();
    const stop = (): void => limit.abort();
    signal.addEventListener('abort', stop, { once: true });
    void clock.sleep(QUESTION_MS, done.signal).then(() => {
      if (!done.signal.aborted) limit.abort();
    });
    try {
      const answer = await parts.fetch(`${url}${path}`, { signal: limit.signal, redirect: 'error' });
      const read = await bounded(answer, most);
      return answer.ok ? read : fail(`HTTP ${answer.status} from ${url}${path}`);
    } catch (error) {
      return fail(limit.signal.aborted ? `no answer within ${QUESTION_MS / 1_000} s` : reason(error));
    } finally {
      done.abort();
      signal.removeEventListener('abort', stop);
    }
  }
  return {
    url,
    async text(path) {
      const read = await bytes(path, ANSWER_MOST_BYTES);
      return read.ok ? ok(Buffer.from(read.value).toString('utf8')) : read;
    },
    picture: (path) => bytes(path, PICTURE_MOST_BYTES),
  };
}

async function bounded(answer: Response, most: number): Promise<Result<Uint8Array, string>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > most) return fail(`an answer of more than ${most / 1_048_576} MB`);
    parts.push(part);
  }
  return ok(Buffer.concat(parts));
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
