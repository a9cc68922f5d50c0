import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { createCounters } from '../../base/counters.ts';
import { silentLog } from '../../base/log.ts';
import { type Engine, type EngineLauncher, EngineStartError } from './engine.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { engineMissing, startTestEngine } from './testing.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Fake {
  engine: Engine;
  server: Server;
  die(reason: string): void;
  hang(): void;
  killed: boolean;
  stopped: boolean;
}

/** An endpoint that answers, hangs and dies on demand. */
async function fakeEngine(): Promise<Fake> {
  let hanging = false;
  const server = createServer((_request, response) => {
    if (!hanging) response.end('1\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const callbacks: ((reason: string) => void)[] = [];
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  open.push(async () => close());
  const fake: Fake = {
    server,
    killed: false,
    stopped: false,
    die: (reason) => {
      close();
      for (const callback of callbacks) callback(reason);
    },
    hang: () => {
      hanging = true;
    },
    engine: {
      kind: 'child',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      user: 'pegbar',
      password: 'x',
      analystPool: [],
      stop: async () => {
        fake.stopped = true;
        close();
      },
      kill: async () => {
        fake.killed = true;
        close();
      },
      onDeath: (callback) => void callbacks.push(callback),
    },
  };
  return fake;
}

/** A minute in which to answer: nothing is taken for dead because the machine was busy with something else. */
const HEALTH = { healthEvery_ms: 20, healthDeadline_ms: 60_000 };

function supervise(
  start: () => Promise<Engine>,
  options: { clock?: Clock; healthDeadline_ms?: number } = {},
): {
  supervisor: Supervisor;
  counters: ReturnType<typeof createCounters>;
} {
  const counters = createCounters();
  const launcher: EngineLauncher = { kind: 'child', start };
  const supervisor = createSupervisor(launcher, {
    clock: systemClock,
    log: silentLog,
    counters,
    ...HEALTH,
    ...options,
  });
  open.push(() => supervisor.stop());
  return { supervisor, counters };
}

it('starts another engine when one dies, runs the listeners before it says ready, and counts', async () => {
  const fakes: Fake[] = [];
  const { supervisor, counters } = supervise(async () => {
    const fake = await fakeEngine();
    fakes.push(fake);
    return fake.engine;
  });
  const told: string[] = [];
  supervisor.onUp(async (engine) => {
    told.push(`${supervisor.state()} ${supervisor.current() === engine}`);
    await systemClock.sleep(30);
    told.push('recovered');
  });
  await supervisor.start();
  expect(told).toEqual(['starting true', 'recovered']);
  expect(supervisor.state()).toBe('up');
  fakes[0]!.die('killed by SIGKILL');
  while (supervisor.current() === fakes[0]!.engine) await systemClock.sleep(5);
  expect(await supervisor.ready()).toBe(fakes[1]!.engine);
  expect(told).toEqual(['starting true', 'recovered', 'starting true', 'recovered']);
  expect([supervisor.restarts(), counters.total('pegbar_engine_restarts_total')]).toEqual([1, 1]);
});

it('kills an engine that no longer answers', async () => {
  const fakes: Fake[] = [];
  const start = async (): Promise<Engine> => {
    const fake = await fakeEngine();
    fakes.push(fake);
    return fake.engine;
  };
  const { supervisor } = supervise(start, { healthDeadline_ms: 1_000 });
  await supervisor.start();
  fakes[0]!.hang();
  while (fakes.length < 2) await systemClock.sleep(10);
  expect(fakes[0]!.killed).toBe(true);
  expect(await supervisor.ready()).toBe(fakes[1]!.engine);
});

it('keeps trying, with growing pauses, while the engine does not start', async () => {
  let starts = 0;
  let first: Fake | undefined;
  const pauses: number[] = [];
  const start = async (): Promise<Engine> => {
    starts += 1;
    if (starts > 1 && starts < 4) throw new EngineStartError('no', '', true);
    first = await fakeEngine();
    return first.engine;
  };
  const sleep: Clock['sleep'] = (ms, signal) => {
    if (ms !== HEALTH.healthEvery_ms) pauses.push(ms);
    return systemClock.sleep(ms, signal);
  };
  const { supervisor } = supervise(start, { clock: { ...systemClock, sleep } });
  await supervisor.start();
  first!.die('gone');
  while (starts < 4) await systemClock.sleep(5);
  await supervisor.ready();
  expect(pauses).toHaveLength(3);
  expect(pauses[2]!).toBeGreaterThan(pauses[1]! * 1.3);
  expect(pauses[1]!).toBeGreaterThan(pauses[0]! * 1.3);
});

it('rejects the first start with the cure, and ready() when it is stopped', async () => {
  const refused = supervise(async () => {
    throw new EngineStartError('chdb is missing', 'npm install chdb', false);
  });
  await expect(refused.supervisor.start()).rejects.toMatchObject({
    cure: 'npm install chdb',
    retryable: false,
  });
  const waiting = refused.supervisor.ready();
  void refused.supervisor.stop();
  await expect(waiting).rejects.toThrow('stopped');
});

it('is up although a listener failed, and gives up waiting when told', async () => {
  const { supervisor } = supervise(async () => (await fakeEngine()).engine);
  await expect(supervisor.ready(AbortSignal.timeout(20))).rejects.toThrow('gave up');
  supervisor.onUp(() => {
    throw new Error('recovery failed');
  });
  await supervisor.start();
  expect(supervisor.state()).toBe('up');
});

const missing = engineMissing();
describe.skipIf(missing !== null || process.platform === 'win32')('a real engine', () => {
  it('is replaced when it is frozen', async () => {
    const test = await startTestEngine({}, { healthEvery_ms: 50, healthDeadline_ms: 1_500 });
    open.push(() => test.stop());
    const frozen = test.supervisor.current()!;
    process.kill(frozen.pid!, 'SIGSTOP');
    while (test.supervisor.current()?.pid === frozen.pid) await systemClock.sleep(20);
    expect((await test.supervisor.ready()).pid).not.toBe(frozen.pid);
    expect(() => process.kill(frozen.pid!, 0)).toThrow('ESRCH');
  });

  it('is ended by stop, and restarted on demand', async () => {
    const test = await startTestEngine();
    const first = test.supervisor.current()!.pid!;
    await test.supervisor.restart('a larger pool');
    const second = test.supervisor.current()!.pid!;
    expect(second).not.toBe(first);
    await test.stop();
    expect(() => process.kill(second, 0)).toThrow('ESRCH');
    expect(test.supervisor.state()).toBe('down');
  });
});
