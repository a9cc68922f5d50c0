/** One small engine for a test file. Not exported by the room: tests of the store import it directly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { type Counters, createCounters } from '../../base/counters.ts';
import { silentLog } from '../../base/log.ts';
import { childLauncher, findLibrary, isMusl } from './child.ts';
import { DEFAULT_ANALYST_LIMITS, type EngineTuning } from './engine.ts';
import { createSupervisor, type Supervisor, type SupervisorOptions } from './supervisor.ts';

/** Null where the embedded engine runs, else why a test that needs it is skipped. */
export function engineMissing(): string | null {
  if (isMusl()) return 'the embedded engine needs glibc';
  const found = findLibrary();
  return 'missing' in found ? found.missing : null;
}

export const TEST_TUNING: EngineTuning = {
  memory_bytes: 1_500_000_000,
  threads: 1,
  slots: 4,
  analyst: { ...DEFAULT_ANALYST_LIMITS, execution_s: 3, memory_bytes: 400_000_000, threads: 1 },
};

export interface TestEngine {
  supervisor: Supervisor;
  counters: Counters;
  dir: string;
  stop(): Promise<void>;
}

export async function startTestEngine(
  tuning: Partial<EngineTuning> = {},
  health: Pick<SupervisorOptions, 'healthEvery_ms' | 'healthDeadline_ms'> = {},
): Promise<TestEngine> {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-engine-'));
  const counters = createCounters();
  const launcher = childLauncher({
    dir: join(dir, 'engine'),
    tuning: { ...TEST_TUNING, ...tuning },
    clock: systemClock,
    log: silentLog,
  });
  const supervisor = createSupervisor(launcher, {
    clock: systemClock,
    log: silentLog,
    counters,
    ...health,
  });
  await supervisor.start();
  return {
    supervisor,
    counters,
    dir,
    async stop() {
      await supervisor.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
