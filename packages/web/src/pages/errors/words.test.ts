import { describe, expect, it } from 'vitest';
import type { Failures } from '../../api/index.ts';
import { besides, codeWords, findingOf, suspectsOf, wasWords } from './words.ts';

const code = (name: string, n: number) => ({ code: name, counts: [n], n, failed: n, timed_out: 0 });
const FAILURES: Failures = {
  step_s: 3600,
  times: ['2026-10-14T15:00:00.000Z'],
  runs: [],
  retries: [],
  retried: 0,
  one_in: 1,
  codes: [code('oom', 23), code('internal', 16), code('timeout', 11)],
  settings: [
    { field: 'workload', value: 'single_image', failed: 30, of: 9000, code: 'internal' },
    { field: 'workload', value: 'animation', failed: 20, of: 1000, code: 'oom' },
    { field: 'host', value: 'gpu-7', failed: 2, of: 10, code: 'oom' },
  ],
};

describe('what failed', () => {
  it('stands beside what failed then, also where it fails now or failed then alone', () => {
    const then = {
      codes: new Map([
        ['oom', code('oom', 4)],
        ['cuda', code('cuda', 2)],
      ]),
    };
    expect(
      besides(FAILURES, then).map(({ code: name, n, counts, before }) => [name, n, counts, before?.n]),
    ).toEqual([
      ['oom', 23, [23], 4],
      ['internal', 16, [16], 0],
      ['timeout', 11, [11], 0],
      ['cuda', 0, [0], 2],
    ]);
    expect([
      wasWords(then, 'the previous 7 d'),
      wasWords(undefined, 'v6'),
      wasWords(then, undefined),
    ]).toEqual(['6 did in the previous 7 d.', '', '']);
    expect(besides(FAILURES, undefined).map(({ before }) => before)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('errors in words', () => {
  it('lead with what fails more often than all', () => {
    expect(suspectsOf(FAILURES)[0]!.value).toBe('animation');
    expect(findingOf(FAILURES, 'the last 7 d')).toEqual({
      headline: 'animation fails 4.0 times as often as others',
      sentence:
        '2 % of its requests fail, mostly out of memory. 50 requests failed or timed out in the last 7 d: out of memory 23 times, internal error 16, timeout 11.'.replace(
          '2 %',
          '2.0 %',
        ),
    });
  });

  it('lead with a host that ran out of memory again and again', () => {
    const run = { by: 'host' as const, value: 'gpu-7', length: 5, from: '', to: '' };
    expect(findingOf({ ...FAILURES, runs: [run] }, 'the last 7 d').headline).toBe(
      'gpu-7 ran out of memory 5 times in a row',
    );
  });

  it('say so where nothing failed, and count where nothing stands out', () => {
    expect(findingOf({ ...FAILURES, codes: [], settings: [] }, 'the last 6 h').headline).toBe(
      'Nothing failed in the last 6 h',
    );
    expect(findingOf({ ...FAILURES, settings: [] }, 'the last 6 h').headline).toBe(
      '50 requests failed or timed out in the last 6 h',
    );
    expect([codeWords('oom'), codeWords('disk_full')]).toEqual(['out of memory', 'disk full']);
  });
});
