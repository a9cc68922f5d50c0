// The arithmetic of the closing line, apart so that a test can hold it.

/**
 * `report` is Vitest's JSON report, or null where there is none; the statuses are exit codes. The static checks
 * count as one check. A suite that failed before its tests (an import that throws) counts as one failure, and so
 * does a test run that failed for a reason that no test tells.
 */
export function closingLine(report, testsStatus, staticStatus) {
  let [passed, failed, skipped] = [0, 0, 0];
  const failures = [];
  for (const suite of report?.testResults ?? []) {
    let failedHere = 0;
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') passed++;
      else if (status === 'failed') {
        failedHere++;
        failures.push(`failed: ${suite.name}: ${fullName}`);
      } else skipped++;
    }
    if (suite.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      failures.push(`failed: ${suite.name}: ${suite.message}`);
    }
    failed += failedHere;
  }
  if (failed === 0 && (testsStatus !== 0 || passed === 0)) {
    failed++;
    failures.push(`failed: npm test ended with status ${testsStatus} after ${passed} passed tests`);
  }
  if (staticStatus === 0) passed++;
  else {
    failed++;
    failures.push(`failed: npm run check:static ended with status ${staticStatus}`);
  }
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { line, ok: failed === 0, failures };
}
