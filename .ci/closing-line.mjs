// Prints `N passed, N failed[, N skipped]` from Vitest's report and the exit statuses of the test command and of
// the static checks, and exits with 1 where anything failed. No report is a failure, never zero tests passed.
//   node .ci/closing-line.mjs REPORT.json TESTS_STATUS STATIC_STATUS
import { readFileSync } from 'node:fs';
import { closingLine } from './totals.mjs';

const [report, tests, checks] = process.argv.slice(2);
let json = null;
try {
  json = JSON.parse(readFileSync(report, 'utf8'));
} catch (error) {
  console.log(`no report of the tests: ${error.message}`);
}
const result = closingLine(json, Number(tests), Number(checks));
for (const line of [...result.unsteady, ...result.failures]) console.log(line);
console.log(result.line);
process.exitCode = result.ok ? 0 : 1;
