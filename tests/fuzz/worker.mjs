// Runs one target; says where it is, so that a hang can be named from outside.
import { parentPort, workerData } from 'node:worker_threads';
import { randomOf } from './mutate.mjs';
import { TARGETS } from './targets.mjs';

const { name, seed, from, runs, place } = workerData;
/** An input of a few kilobytes takes microseconds; this allows for a busy machine. */
const MOST_MS = 2000;
const at = new Int32Array(place);
const target = await TARGETS[name]();
const began = performance.now();
let slowest = 0;
let failure;
for (let run = from; run < from + runs && !failure; run++) {
  at[0] = run;
  const input = target.input(randomOf(seed, run));
  const start = performance.now();
  try {
    await target.take(input);
  } catch (error) {
    failure = { run, error: String(error?.stack ?? error), input: target.body(input).toString('base64') };
  }
  const ms = performance.now() - start;
  slowest = Math.max(slowest, ms);
  if (!failure && ms > MOST_MS)
    failure = { run, error: `took ${Math.round(ms)} ms`, input: target.body(input).toString('base64') };
}
parentPort.postMessage({ failure, slowest, seconds: (performance.now() - began) / 1000 });
