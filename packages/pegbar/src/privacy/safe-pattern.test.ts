import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startCpu } from '../base/testing.ts';
import { checkPatterns, PATTERN_LIMIT } from './index.ts';
import { compilePattern } from './safe-pattern.ts';

const GOOD = [
  '\\b\\d{3}-\\d{4}\\b',
  'Project\\s+[A-Z][a-z]+',
  '(?i)confidential',
  '[A-Z]{2}\\d{6}',
  'https?://internal\\.[a-z.]+/\\S*',
  '\\d+-\\d+-\\d+-\\d+',
  '(?:foo|foobar|baz)!',
  '(?:[ -]?\\d){12,18}',
  '(?:-[a-z]+)*x',
  '.*foo',
  '\\p{Lu}{3}-\\d+',
  'BEGIN[^]*',
  '[^"]+"',
  '(?<id>EMP-\\d{4,8})',
];
const BAD = [
  '(a+)+$',
  '(a|a)*b',
  '(a|aa)+$',
  '(.*)*x',
  '.*a.*b.*c',
  '(\\w+\\s?)+$',
  '(x+x+)+y',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(?:a?){40}a{40}',
  '(?=a)b',
  '(?<!a)b',
  '(a)\\1',
  '\\d*',
  '',
  '(',
  '[a',
  'a{2,1}',
  'a{1000}',
  '((((((((((((((((((((((((a))))))))))))))))))))))))',
];

describe('patterns of tenants', () => {
  it('are taken when their cost is linear', () => {
    for (const pattern of GOOD) expect(compilePattern(pattern).ok, pattern).toBe(true);
  });

  it('are refused when it is not, or when they cannot be judged, and the reason is said', () => {
    for (const pattern of BAD)
      expect(compilePattern(pattern), pattern).toMatchObject({ ok: false, error: expect.any(String) });
    const result = checkPatterns(['ok', '(a+)+$', 'fine', '(']);
    expect(result).toMatchObject({ ok: false, error: [{ index: 1, pattern: '(a+)+$' }, { index: 3 }] });
    expect(checkPatterns(new Array(PATTERN_LIMIT + 1).fill('a')).ok).toBe(false);
  });

  it('match what JavaScript makes of them', () => {
    const texts = [
      'call 555-1234 now, Project  Zephyr',
      'CONFIDENTIAL EMP-12345 AB123456',
      'https://internal.example.org/a?b=1 foobar! baz! 1-22-333-4444',
      '4111-1111 1111 1111, "quoted" text, BEGIN all\nof it',
      '-a-bc-defx and some foo ÄÖÜ-77',
    ];
    for (const pattern of GOOD) {
      const mine = compilePattern(pattern);
      const ignoreCase = pattern.startsWith('(?i)');
      const theirs = new RegExp(ignoreCase ? pattern.slice(4) : pattern, `gu${ignoreCase ? 'i' : ''}`);
      for (const text of texts) {
        if (mine.ok) expect(text.replace(mine.value, '#'), pattern).toBe(text.replace(theirs, '#'));
      }
    }
  });

  it('that were taken never take long, whatever the text', () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      'a+',
      'b*',
      '(',
      ')',
      '(?:',
      '|',
      '.',
      '\\d',
      '[ab]',
      '[^a]',
      '?',
      '{2,9}',
      '+',
      'c',
      '$',
      '\\b',
      '{3,}',
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', 'ab'), minLength: 1, maxLength: 6 });
    let taken = 0;
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 14 }), text, (pattern, part) => {
        const result = compilePattern(pattern);
        if (!result.ok) return;
        taken++;
        const long = part.repeat(Math.ceil(20_000 / part.length));
        const spent_ms = startCpu();
        long.replace(result.value, '');
        `${long}!`.replace(result.value, '');
        expect(spent_ms(), pattern).toBeLessThan(1500);
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
