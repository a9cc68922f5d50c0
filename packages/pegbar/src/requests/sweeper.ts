import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { mergedRows, type Store } from '../store/index.ts';

export interface SweeperOptions {
  store: Store;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Milliseconds of silence after which a request of the workload is ended. */
  timeoutOf(workload: string): number;
  /** Writes a row of `spans` through the intake; resolves when it is durable. */
  write(rows: readonly Record<string, unknown>[]): Promise<void>;
}

interface Silent {
  tenant: string;
  request_id: string;
  trace: string;
  workload: string;
  model_version: string;
  ended_ms: string;
  images: string;
  error_code: string;
}

const EVERY_MS = 60_000;
/** Requests that are ended in one round; the rest waits for the next. */
const ROUND = 5_000;
/** Pending requests that were ingested longer ago were looked at in their time. */
const DAYS_BACK = 3;
const SWEEPER_SOURCE = 8;

/**
 * Ends requests that fell silent, by writing the terminal event that never came: `succeeded` where pictures came
 * out and no error stands, else `timed_out`. Counts then never depend on when they are read; a terminal event
 * that comes later has a higher rank and revises it.
 */
export function startSweeper({ store, clock, counters, log, timeoutOf, write }: SweeperOptions): () => void {
  let busy = false;

  async function sweep(): Promise<void> {
    const answer = await store.rows<Silent>(
      `SELECT tenant, request_id, lower(hex(trace_id)) AS trace, workload, model_version,
         toUnixTimestamp64Milli(ended) AS ended_ms, images, error_code
       FROM ${mergedRows('requests', `WHERE t.part >= today() - ${DAYS_BACK}`)}
       WHERE verdict = 0 AND imported = 0 AND ended < fromUnixTimestamp64Milli({before:Int64})
       LIMIT ${ROUND}`,
      {
        params: {
          before: clock.now() - Math.min(...['', 'animation', 'single_image', 'batch_panels'].map(timeoutOf)),
        },
      },
    );
    if (!answer.ok) return;
    const rows = answer.value
      .filter((one) => Number(one.ended_ms) + timeoutOf(one.workload) <= clock.now())
      .map(terminalOf);
    if (rows.length === 0) return;
    await write(rows);
    counters.add('pegbar_swept_requests_total', {}, rows.length);
    log.info({ requests: rows.length }, 'requests that fell silent were ended');
  }

  function terminalOf(one: Silent): Record<string, unknown> {
    const succeeded = Number(one.images) > 0 && one.error_code === '';
    const ended = Number(one.ended_ms) + (succeeded ? 0 : timeoutOf(one.workload));
    return {
      tenant: one.tenant,
      timestamp: BigInt(ended) * 1_000_000n,
      request_id: one.request_id === one.trace ? '' : one.request_id,
      trace_id: one.trace,
      source: SWEEPER_SOURCE,
      workload: one.workload,
      model_version: one.model_version,
      outcome: succeeded ? 'succeeded' : 'timed_out',
    };
  }

  return clock.every(EVERY_MS, () => {
    if (busy) return;
    busy = true;
    void sweep()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'silent requests could not be ended yet'))
      .finally(() => {
        busy = false;
      });
  });
}
