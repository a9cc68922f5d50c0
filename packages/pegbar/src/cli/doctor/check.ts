import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { ClientFailure } from '../client.ts';

export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  says: string;
  /** Duration of the hop. */
  ms?: number;
  cure?: string;
  /** The server would not let us. */
  denied?: boolean;
}

/** How often something took how long, measured by the clock that was passed in. */
export async function timed<T>(clock: Clock, work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = clock.monotonic();
  const value = await work();
  return { value, ms: Math.round((clock.monotonic() - started) * 10) / 10 };
}

/** A check out of an answer: what it says when it is good, the server's own words when it is not. */
export function judged<T>(
  name: string,
  hop: { value: Result<T, ClientFailure>; ms: number },
  good: (value: T) => Omit<Check, 'name' | 'ms'>,
): Check {
  const { value: answer, ms } = hop;
  if (answer.ok) return { name, ms, ...good(answer.value) };
  const { message, hint, kind } = answer.error;
  const check: Check = { name, ms, state: 'failed', says: message };
  if (hint) check.cure = hint;
  if (kind === 'denied') check.denied = true;
  return check;
}
