import type { Clock } from './clock.ts';

/** Work goes on for so long before others may run: an acknowledgement waits no longer for it. */
const TURN_MS = 5;

/** Runs long synchronous work in turns: between its steps, which should take a millisecond or two, others may run. */
export async function paced<T>(
  steps: Generator<unknown, T>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<T> {
  let began = clock.monotonic();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (clock.monotonic() - began < TURN_MS) continue;
    await clock.sleep(0);
    began = clock.monotonic();
  }
}
