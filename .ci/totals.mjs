// The arithmetic of the closing line, apart so that a test can hold it.

/**
 * `report` is Vitest's JSON report, or null where there is none; the statuses are exit codes. The static checks
 * count as one check. A suite that failed before its tests (an import that throws) counts as one failure, and so
 * does a test run that failed for a reason that no test tells. A test that passed on its second try (vitest.config.ts)
 * counts as passed, and is told with what it said at first.
 */
export function closingLine(report, testsStatus, staticStatus) {
  let [passed, failed, skipped] = [0, 0, 0];
  const failures = [];
  const unsteady = [];
  for (const suite of report?.testResults ?? []) {
    let failedHere = 0;
    for (const { status, fullName, failureMessages } of suite.assertionResults) {
      if (status === 'passed') {
        passed++;
        const first = failureMessages?.[0];
        if (first !== undefined)
          unsteady.push(`passed on its second try: ${suite.name}: ${fullName}: ${first}`);
      } else if (status === 'failed') {
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
  return { line, ok: failed === 0, failures, unsteady };
}
