/** What CI believes of a run: the closing line, and the lock file that a clean install needs. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { missingFrom } from '../.ci/lock.mjs';
import { closingLine } from '../.ci/totals.mjs';

const suite = (...statuses: string[]) => ({
  name: 'a.test.ts',
  status: statuses.includes('failed') ? 'failed' : 'passed',
  message: '',
  assertionResults: statuses.map((status) => ({ status, fullName: status })),
});

describe('the closing line', () => {
  test('counts tests, and the static checks as one of them', () => {
    const report = { testResults: [suite('passed', 'passed'), suite('passed', 'pending', 'todo')] };
    expect(closingLine(report, 0, 0)).toEqual({
      line: '4 passed, 0 failed, 2 skipped',
      ok: true,
      failures: [],
      unsteady: [],
    });
  });

  test('names a test that passed on its second try, with what it said at first', () => {
    const unsteady = { status: 'passed', fullName: 'starts', failureMessages: ['no answer'] };
    const report = { testResults: [{ ...suite(), assertionResults: [unsteady] }] };
    expect(closingLine(report, 0, 0)).toMatchObject({
      line: '2 passed, 0 failed',
      ok: true,
      unsteady: ['passed on its second try: a.test.ts: starts: no answer'],
    });
  });

  test('tells of failed tests, failed static checks and files that could not be read', () => {
    const unreadable = {
      name: 'b.test.ts',
      status: 'failed',
      message: 'no such module',
      assertionResults: [],
    };
    const result = closingLine({ testResults: [suite('passed', 'failed'), unreadable] }, 1, 2);
    expect(result.line).toBe('1 passed, 3 failed');
    expect(result.ok).toBe(false);
    expect(result.failures).toContain('failed: b.test.ts: no such module');
  });

  test('never takes silence for success', () => {
    expect(closingLine(null, 1, 0)).toMatchObject({ line: '1 passed, 1 failed', ok: false });
    expect(closingLine({ testResults: [] }, 0, 0)).toMatchObject({ ok: false });
    expect(closingLine({ testResults: [suite('passed')] }, 1, 0)).toMatchObject({ ok: false });
  });
});

describe('the lock file', () => {
  test('names the binaries of every platform, so that npm ci works everywhere', () => {
    const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
    expect([...missingFrom(lock.packages).keys()]).toEqual([]);
  });

  test('is seen to lack one', () => {
    const packages = {
      'node_modules/a': { optionalDependencies: { 'a-linux-x64': '1.0.0', 'a-darwin-arm64': '1.0.0' } },
      'node_modules/a/node_modules/a-linux-x64': {},
    };
    expect([...missingFrom(packages).keys()]).toEqual(['node_modules/a-darwin-arm64']);
  });
});
