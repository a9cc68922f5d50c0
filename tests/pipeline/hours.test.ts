/** Requests whose stages end in two hours: each counts once, at its terminal event, whenever it was counted before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';
import { startPipeline } from './harness.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const HOUR_MS = 3_600_000;
const THIS_HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

describe.skipIf(missing)('a request over the end of an hour', () => {
  let line: Awaited<ReturnType<typeof startPipeline>>;
  beforeAll(async () => {
    line = await startPipeline();
  });
  afterAll(() => line?.stop());

  const send = (request_id: string, timestamp: number, more: Record<string, unknown>) =>
    line.events.accept(JSON.stringify({ request_id, timestamp, tenant: 't', ...more }), { tenant: null });

  /** Requests of all hours by outcome, stored and held. */
  async function counted(metrics: readonly string[]): Promise<Record<string, number>> {
    const stored = await line.rows<{ metric: string; n: string }>(
      "SELECT metric, sum(n) AS n FROM roll_hours WHERE tenant != '' AND dim = 'all' AND stage = '' GROUP BY metric",
    );
    const told = Object.fromEntries(metrics.map((name) => [name, 0]));
    for (const { metric, n } of stored) if (metric in told) told[metric]! += Number(n);
    for (const rowsOf of line.keeper.unstored().values())
      for (const row of rowsOf())
        if (row.dim === 'all' && row.stage === '' && row.metric in told) told[row.metric]! += row.tally.n;
    return told;
  }

  it.each([
    ['the hour before', THIS_HOUR - 1],
    ['many hours before', THIS_HOUR - 30 * HOUR_MS],
  ])('that was pending in %s counts once when it ends', async (name, began) => {
    const before = await counted(['requests', 'pending', 'succeeded']);
    await send(`pending ${name}`, began, { pipeline_stage: 'generate' });
    await line.flush();
    expect(await counted(['requests', 'pending'])).toEqual({
      requests: before.requests! + 1,
      pending: before.pending! + 1,
    });
    await send(`pending ${name}`, THIS_HOUR + 1, { pipeline_stage: 'deliver' });
    await line.flush();
    expect(await counted(['requests', 'pending', 'succeeded'])).toEqual({
      requests: before.requests! + 1,
      pending: before.pending!,
      succeeded: before.succeeded! + 1,
    });
  });

  it('counts once when a stated outcome revises the deliver stage of the hour before', async () => {
    const before = await counted(['requests', 'succeeded', 'failed']);
    await send('revised', THIS_HOUR - 1, { pipeline_stage: 'deliver' });
    await line.flush();
    await send('revised', THIS_HOUR + 1, { pipeline_stage: 'postprocess', outcome: 'failed' });
    await line.flush();
    expect(await counted(['requests', 'succeeded', 'failed'])).toEqual({
      requests: before.requests! + 1,
      succeeded: before.succeeded!,
      failed: before.failed! + 1,
    });
  });
});
