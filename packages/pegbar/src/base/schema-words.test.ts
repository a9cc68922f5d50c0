import { expect, test } from 'vitest';
import { z } from 'zod';
import { readCures, readPlainly, says } from './schema-words.ts';

const told = (schema: z.ZodType, value: unknown): (string | undefined)[] => {
  const { error } = readPlainly(schema, value);
  const cures = readCures(schema, value).error;
  return [error?.issues[0]?.message, cures?.issues[0]?.message];
};

test('a wrong value is told with what to write, in no library’s words', () => {
  expect(told(z.string().max(5), 'abcdefg')).toEqual([
    '"abcdefg" is not a text of at most 5 characters',
    'write a text of at most 5 characters',
  ]);
  expect(told(z.string().min(1), '')[0]).toBe('"" is not a text that is not empty');
  expect(told(z.string(), 5)[0]).toBe('5 is not a text');
  expect(told(z.number(), 'x')[0]).toBe('"x" is not a number');
  expect(told(z.number().int(), 1.5)[0]).toBe('1.5 is not a whole number');
  expect(told(z.number().max(9), 10)[0]).toBe('10 is not a number of at most 9');
  expect(told(z.number().positive(), 0)[0]).toBe('0 is not a number of more than 0');
  expect(told(z.boolean(), 'yes')[0]).toBe('"yes" is not true or false');
  expect(told(z.enum(['keep', 'drop']), 'kep')[0]).toBe('"kep" is not one of keep, drop');
  expect(told(z.array(z.string()).max(1), ['a', 'b'])[0]).toBe('["a","b"] is not a list of at most 1 item');
  expect(told(z.strictObject({ a: z.string() }), [])[0]).toBe('[] is not fields with their values');
  expect(told(z.union([z.number(), z.boolean()]), 'x')).toEqual([
    '"x" is not a number or true or false',
    'write a number or true or false',
  ]);
  expect(told(z.object({ a: z.string() }), {})).toEqual(['is missing: write a text', 'write a text']);
});

test('what a schema says itself stands; of long values the beginning is shown', () => {
  expect(told(z.string({ error: 'say why' }), 5)[0]).toBe('say why');
  const [message = ''] = told(z.string().max(200), 'x'.repeat(100_000));
  expect(message.length).toBeLessThan(140);
  expect(message).toContain('is not a text of at most 200 characters');
  const cured = z.number({ error: says('a number from 1 to 9') });
  expect(told(cured, 'y'.repeat(100_000))[0]).toMatch(/^"y{70,90}… is not a number from 1 to 9$/);
  expect(told(z.object({ a: cured }), {})[0]).toBe('is missing: write a number from 1 to 9');
});
