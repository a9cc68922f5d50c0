import type { Clock } from '../base/clock.ts';
import { Backlog, isFinal, patienceOf } from './backlog.ts';
import type { Client } from './client.ts';

/**
 * What an agent has to tell and the server has not acknowledged yet. Telling never waits: records lie in memory, the
 * oldest leave when the limit is reached, and their number travels with the next record that arrives. A batch is
 * sent until it is answered; its records have ids, so that a batch whose answer was lost is not stored twice.
 */
export interface Outbox {
  put(record: Record<string, unknown>): void;
  /** Tries to send what is left for so long, then gives up and counts it as dropped. */
  close(mostMs: number): Promise<OutboxCounts>;
  readonly counts: Readonly<OutboxCounts>;
}

export interface OutboxCounts {
  accepted: number;
  duplicates: number;
  /** Refused by the server, with the reason said once. */
  rejected: number;
  /** Pushed out by newer ones while the server was away, or left over at the end. */
  dropped: number;
}

export interface OutboxParts {
  client: Client;
  clock: Clock;
  say: (text: string) => void;
  /** Characters kept while the server is away. */
  most?: number;
  /** Random share 0–1 that spreads the retries of many agents. */
  spread: () => number;
}

/** Eight GPUs every five seconds are some 45 MB a day; the memory of the process stays near 100 MB. */
const KEPT_MOST = 32 * 1_048_576;
const BATCH_MOST_LINES = 1_000;
/** An agent's figures may be this late on the page; one request for all of them is cheaper. */
const GATHER_MS = 1_000;
/** Between tries of the last words: somebody waits for the end. */
const LAST_WAIT_MS = 1_000;
const REQUEST_MOST_MS = 30_000;

interface Verdict {
  accepted: number;
  duplicates: number;
  rejected: readonly { code: string; field: string; message: string }[];
}

export function createOutbox({ client, clock, say, most = KEPT_MOST, spread }: OutboxParts): Outbox {
  const counts: OutboxCounts = { accepted: 0, duplicates: 0, rejected: 0, dropped: 0 };
  let untold = 0;
  const backlog = new Backlog<string>({
    most,
    weigh: (line) => line.length,
    onDrop() {
      counts.dropped++;
      untold++;
    },
  });
  let reachable = true;
  const told = new Set<string>();
  const stop = new AbortController();
  const hurry = new AbortController();
  let wake = (): void => undefined;

  function once(about: string, text: string): void {
    if (told.has(about)) return;
    told.add(about);
    say(text);
  }

  /** Sends the oldest lines; false where they have to be sent again. */
  async function send(): Promise<boolean> {
    const losses = untold;
    const lines = backlog.take(BATCH_MOST_LINES);
    if (losses > 0) lines[0] = withLosses(lines[0] ?? '{}', counts.dropped);
    const answer = await client.json<Verdict>('POST', '/api/v1/events', {
      body: `${lines.join('\n')}\n`,
      contentType: 'application/x-ndjson',
      retries: 0,
      timeoutMs: REQUEST_MOST_MS,
      signal: stop.signal,
    });
    const settled = answer.ok || isFinal(answer.error);
    if (settled) {
      backlog.settle();
      untold -= losses;
    } else backlog.release();
    if (answer.ok) {
      const { accepted, duplicates, rejected = [] } = answer.value;
      counts.accepted += accepted;
      counts.duplicates += duplicates;
      counts.rejected += lines.length - accepted - duplicates;
      for (const one of rejected)
        once(`${one.code} ${one.field}`, `the server refused ${one.field}: ${one.message}`);
      if (!reachable) say(`the server answers again; ${counts.dropped} records were dropped so far`);
      reachable = true;
      return true;
    }
    if (settled) {
      counts.rejected += lines.length;
      once(answer.error.message, `${lines.length} records were refused: ${answer.error.message}`);
      return true;
    }
    if (reachable && !stop.signal.aborted)
      say(
        `${answer.error.message}${answer.error.hint ? `; ${answer.error.hint}` : ''}. Keeping records and trying again`,
      );
    reachable = false;
    return false;
  }

  async function work(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      if (backlog.size === 0) {
        if (hurry.signal.aborted) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        await clock.sleep(GATHER_MS, hurry.signal);
        continue;
      }
      if (await send()) failures = 0;
      else {
        const wait = patienceOf(failures++, spread());
        const last = hurry.signal.aborted;
        await clock.sleep(last ? LAST_WAIT_MS : wait, last ? stop.signal : hurry.signal);
      }
    }
  }
  const working = work();

  return {
    counts,
    put(record) {
      backlog.put(JSON.stringify(record));
      wake();
    },
    async close(mostMs) {
      hurry.abort();
      wake();
      const limit = new AbortController();
      await Promise.race([working, clock.sleep(mostMs, limit.signal)]);
      stop.abort();
      limit.abort();
      await working;
      backlog.dropAll();
      return counts;
    },
  };
}

/** The first record after a loss says how many were lost in all. */
function withLosses(line: string, dropped: number): string {
  const record = JSON.parse(line) as { attributes?: Record<string, string> };
  return JSON.stringify({
    ...record,
    attributes: { ...record.attributes, 'pegbar.sender.dropped': String(dropped) },
  });
}
