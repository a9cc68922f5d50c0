// Faults for real: processes killed, logs cut and flipped, disks filled, the engine stopped, too many senders.
//   node tests/faults/run.mjs [--kills N] [--short] [--only NAME[,NAME]]
// One JSON line per scenario, then `N passed, N failed`. PEGBAR_DIR names a built tree to use instead of this one.
import { parseArgs } from 'node:util';
import {
  engine,
  flippedBit,
  fullDisk,
  kills,
  overload,
  retriesAcrossRestarts,
  tornTail,
} from './scenarios.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const ALL = { kills, engine, tornTail, flippedBit, retriesAcrossRestarts, fullDisk, overload };
const SHORT = ['kills', 'tornTail', 'flippedBit', 'retriesAcrossRestarts'];
const KILLS_SHORT = 12;

let passed = 0;
let failed = 0;
const names = values.only?.split(',') ?? (values.short ? SHORT : Object.keys(ALL));
const options = { kills: values.short ? KILLS_SHORT : Number(values.kills) };
for (const name of names) {
  const report = { passed: 0, failures: [] };
  report.check = (what, right, got) => {
    if (right) report.passed++;
    else report.failures.push({ what, got });
  };
  const began = performance.now();
  let figures = {};
  try {
    figures = await ALL[name](report, options);
  } catch (error) {
    report.failures.push({ what: 'ran to the end', got: String(error?.stack ?? error).slice(0, 4000) });
  }
  passed += report.passed;
  failed += report.failures.length;
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  console.log(
    JSON.stringify({
      scenario: name,
      passed: report.passed,
      failed: report.failures.length,
      seconds,
      ...figures,
      ...(report.failures.length > 0 && { failures: report.failures }),
    }),
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
