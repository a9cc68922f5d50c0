import { describe, expect, it } from 'vitest';
import { createCounters } from '../base/counters.ts';
import { ok } from '../base/result.ts';
import { startPurge } from './purge.ts';

function setup(isOurs: boolean) {
  let tick = (): void => undefined;
  const engine = { rows: 0, sent: [] as string[] };
  startPurge({
    store: {
      async command(sql) {
        engine.sent.push(sql);
        return ok(null);
      },
    },
    clock: {
      every(_ms, task) {
        tick = task;
        return () => undefined;
      },
    },
    counters: createCounters(),
    loaded: () => engine.rows,
    isOurs: () => isOurs,
  });
  return { engine, tick: () => tick() };
}

describe('memory of the engine after a load', () => {
  it('is given back once, when rows have stopped coming', () => {
    const { engine, tick } = setup(true);
    tick();
    expect(engine.sent).toEqual([]);
    engine.rows = 10;
    tick();
    engine.rows = 20;
    tick();
    expect(engine.sent).toEqual([]);
    tick();
    tick();
    expect(engine.sent).toEqual(['SYSTEM JEMALLOC PURGE']);
  });

  it("is left alone where the engine is another's", () => {
    const { engine, tick } = setup(false);
    engine.rows = 10;
    tick();
    tick();
    expect(engine.sent).toEqual([]);
  });
});
