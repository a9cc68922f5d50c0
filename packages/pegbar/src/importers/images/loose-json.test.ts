import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseLoose } from './loose-json.ts';

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (_key, one) => (typeof one === 'bigint' ? Number(one) : one)));

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(plain(parseLoose(text))).toEqual(plain(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

test('keeps integers that a double cannot hold, and takes what Python writes', () => {
  expect(
    parseLoose('[18446744073709551615, -9007199254740993, 9007199254740991, 1e3, 0.1, NaN, -Infinity]'),
  ).toEqual([18446744073709551615n, -9007199254740993n, 9007199254740991, 1_000, 0.1, null, null]);
});

test('leaves what follows the value, refuses what is none, and bounds the depth', () => {
  expect(plain(parseLoose('\ufeff {"a": "b\\u0041\\n\\""} \0\0 rest'))).toEqual({ a: 'bA\n"' });
  for (const bad of ['', '{', '[1', '{"a"}', '"abc', '{"a":1,}', 'tru', '-', '{a:1}', '['.repeat(5_000)]) {
    expect(parseLoose(bad), bad.slice(0, 10)).toBeUndefined();
  }
  expect((parseLoose('{"__proto__": {"x": 1}}') as Record<string, unknown>).x).toBeUndefined();
});
