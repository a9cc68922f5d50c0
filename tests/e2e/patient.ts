/** As a client that means well asks: again, where the server says that it is too busy to answer. */
import { setTimeout } from 'node:timers/promises';

const BUSY: readonly number[] = [429, 503, 504];
const PAUSE_MS = 2_000;
/** A question over a month takes a second; beside other work on two cores it has taken half a minute. */
const PATIENCE_MS = 120_000;

export async function askPatiently(url: string, init: RequestInit = {}): Promise<Response> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(url, init);
    if (!BUSY.includes(answer.status) || Date.now() > until) return answer;
    await setTimeout(PAUSE_MS);
  }
}
