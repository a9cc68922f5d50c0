import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nanoseconds } from '../../packages/pegbar/src/ingest/events/common.ts';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';
import { startPipeline } from './harness.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const now = Date.now();

describe.skipIf(missing)('a request that only the root span of a trace names', () => {
  let line: Awaited<ReturnType<typeof startPipeline>>;
  beforeAll(async () => {
    line = await startPipeline();
  });
  afterAll(() => line?.stop());

  const span = (trace: string, id: string, more: Record<string, unknown>): Record<string, unknown> => ({
    tenant: 'default',
    timestamp: nanoseconds({ ms: now, ns: 0 }),
    duration_ns: 1_000_000n,
    trace_id: trace,
    span_id: id,
    source: 1,
    ...more,
  });
  const child = (trace: string) =>
    span(trace, '1111111111111111', {
      parent_span_id: '2222222222222222',
      pipeline_stage: 'generate',
      images: 1,
    });
  const root = (trace: string, request_id: string) => span(trace, '2222222222222222', { request_id });

  async function write(...rows: Record<string, unknown>[]): Promise<void> {
    for (const row of rows) line.intake.block('spans').append(row);
    await line.intake.durable();
    await line.flush();
  }

  const requests = (): Promise<unknown> =>
    line.rows(
      'SELECT request_id, sum(spans) AS spans, sum(stages) AS stages, sum(images) AS images, max(verdict) > 0 AS ended FROM requests GROUP BY request_id ORDER BY request_id',
    );
  const whole = (request_id: string) => ({ request_id, spans: '2', stages: '1', images: '1', ended: 1 });

  it('is one request where both come together', async () => {
    await write(child('a'.repeat(32)), root('a'.repeat(32), 'r1'));
    expect(await requests()).toEqual([whole('r1')]);
  });

  it('is one request where the children come first, as exporters send them', async () => {
    await write(child('b'.repeat(32)));
    await write(root('b'.repeat(32), 'r2'));
    expect(await requests()).toEqual([whole('r1'), whole('r2')]);
  });

  it('is one request where the children come later', async () => {
    await write(root('c'.repeat(32), 'r3'));
    await write(child('c'.repeat(32)));
    expect(await requests()).toEqual([whole('r1'), whole('r2'), whole('r3')]);
  });

  it('is its trace where nobody names it', async () => {
    await write(child('d'.repeat(32)), root('d'.repeat(32), ''));
    expect(await requests()).toEqual([whole('d'.repeat(32)), whole('r1'), whole('r2'), whole('r3')]);
  });
});
