import { describe, expect, it } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { live } from './live.ts';
import type { SimulatedRecord } from './records.ts';
import { bundledScenarioText, loadScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 20, 15, 10);

const studio = (() => {
  const loaded = loadScenario(bundledScenarioText('studio'));
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
})();

/** A clock that jumps ahead whenever somebody sleeps. */
function jumpingClock(start: number): Clock {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    every: () => () => {},
  };
}

async function listen(seconds: number, rate?: number, scale = 1): Promise<SimulatedRecord[]> {
  const clock = jumpingClock(NOW);
  const stop = new AbortController();
  const records: SimulatedRecord[] = [];
  const options = { seed: 5, scale, clock, from_ms: NOW, anchor_ms: NOW, signal: stop.signal };
  for await (const batch of live(studio, rate === undefined ? options : { ...options, rate })) {
    for (const record of batch) {
      expect(record.timestamp).toBeLessThanOrEqual(clock.now());
      expect(record.timestamp).toBeGreaterThanOrEqual(NOW);
      records.push(record);
    }
    if (clock.now() >= NOW + seconds * 1000) stop.abort();
  }
  return records;
}

describe('live', () => {
  it('keeps the set rate', async () => {
    const records = await listen(600, 5);
    const requests = records.filter(
      (record) => record.type === 'stage' && record.pipeline_stage === 'ingest',
    );
    // Follow-ups of the first sessions come later, so a young stream is a little below its rate.
    expect(requests.length / 600).toBeGreaterThan(4);
    expect(requests.length / 600).toBeLessThan(6);
  });

  it('finishes what history began', async () => {
    const before = [...simulate(studio, { seed: 5, from_ms: NOW - HOUR, to_ms: NOW, scale: 8 })];
    const began = new Set(before.flatMap((record) => (record.type === 'stage' ? [record.request_id] : [])));
    const ended = new Set(
      before.flatMap((record) => (record.type === 'stage' && record.outcome ? [record.request_id] : [])),
    );
    const open = [...began].filter((id) => !ended.has(id));
    expect(open.length).toBeGreaterThan(0);
    const after = await listen(300, 1, 8);
    const closed = new Set(
      after.flatMap((record) => (record.type === 'stage' && record.outcome ? [record.request_id] : [])),
    );
    expect(open.filter((id) => !closed.has(id))).toEqual([]);
  });

  it('without a rate goes on as the history would have', async () => {
    const stagesOf = (records: readonly SimulatedRecord[]): string[] =>
      records.flatMap((record) => (record.type === 'stage' ? [record.event_id] : [])).sort();
    const expected = simulate(studio, { seed: 5, from_ms: NOW, to_ms: NOW + 3_599_000, anchor_ms: NOW });
    expect(stagesOf((await listen(3600)).filter((one) => one.timestamp < NOW + 3_599_000))).toEqual(
      stagesOf([...expected]),
    );
  });

  it('samples machines more often than the history does', async () => {
    const gpus = (await listen(120, 1)).filter((record) => record.type === 'gpu');
    expect(new Set(gpus.map((record) => record.timestamp)).size).toBe(8);
  });
});
