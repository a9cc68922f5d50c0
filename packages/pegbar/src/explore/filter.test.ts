import { describe, expect, it } from 'vitest';
import { type Fields, matchesText, parseFilters, whereOf } from './filter.ts';

const FIELDS: Fields = {
  model_version: { sql: 'model_version', kind: 'text' },
  steps: { sql: 'steps', kind: 'number' },
  seed: { sql: 'seed', kind: 'uint64' },
  nsfw_flag: { sql: 'nsfw', kind: 'flag' },
  loras: { sql: 'loras', kind: 'list' },
  trace_id: { sql: 'trace_id', kind: { hex: 32 } },
  attributes: { sql: 'attributes', kind: 'text' },
};

function where(...texts: string[]) {
  const parsed = parseFilters(texts);
  return parsed.ok ? whereOf(parsed.value, FIELDS) : parsed;
}
const hostile = [
  "'; DROP TABLE spans --",
  "\\' OR 1=1",
  '{x:String}',
  '`',
  'a) OR (1',
  "\u0000'",
  'in in in',
  '=',
  '~~',
];

describe('filters', () => {
  it('a name that was sent finds the column that it fills, as an attribute too', () => {
    for (const name of ['pegbar.model.version', 'gen_ai.request.model', 'attributes.gen_ai.request.model'])
      expect(where(`${name}=v7`)).toEqual(where('model_version=v7'));
    expect(where('attributes.my.own=1')).toMatchObject({ ok: true, value: { params: { f0key: 'my.own' } } });
  });

  it.each([
    ['model_version=v7', 'model_version = {f0:String}', 'v7'],
    ['model_version!=v7', 'model_version != {f0:String}', 'v7'],
    [' model_version = a=b ', 'model_version = {f0:String}', 'a=b'],
    ['model_version in v6, v7', 'model_version IN {f0:Array(String)}', ['v6', 'v7']],
    ['model_version~V', 'positionCaseInsensitiveUTF8(model_version, {f0:String}) > 0', 'V'],
    ['steps>=30', 'steps >= {f0:Float64}', 30],
    ['steps in 20,30', 'steps IN {f0:Array(Float64)}', [20, 30]],
    ['seed=18446744073709551615', 'seed = {f0:UInt64}', '18446744073709551615'],
    ['nsfw_flag=true', 'nsfw = {f0:UInt8}', 2],
    ['loras=a', 'has(loras, {f0:String})', 'a'],
    ['loras!=a', 'NOT has(loras, {f0:String})', 'a'],
    [
      'trace_id=ABCDEF0123456789abcdef0123456789',
      'trace_id = toFixedString(unhex({f0:String}), 16)',
      'abcdef0123456789abcdef0123456789',
    ],
  ])('%s', (text, sql, value) => {
    expect(where(text)).toEqual({ ok: true, value: { sql: `(${sql})`, params: { f0: value } } });
  });

  it('are AND-ed, and take attributes by their key', () => {
    expect(where('steps>1', 'attributes.gen_ai.system in a,b', 'attributes.k v=x')).toEqual({
      ok: true,
      value: {
        sql: '(steps > {f0:Float64}) AND (attributes[{f1key:String}] IN {f1:Array(String)}) AND (attributes[{f2key:String}] = {f2:String})',
        params: { f0: 1, f1key: 'gen_ai.system', f1: ['a', 'b'], f2key: 'k v', f2: 'x' },
      },
    });
  });

  it.each([
    ['nothing', 'not a filter'],
    ['steps=many', 'not a number'],
    ['seed=-1', 'not a whole number'],
    ['seed=18446744073709551616', 'not a whole number'],
    ['trace_id=xyz', '32 hexadecimal digits'],
    ['model_version>a', 'is no number'],
    ['steps~3', 'is no text'],
    ['nsfw_flag=maybe', 'not true or false'],
    ['constructor=x', 'no field constructor'],
    ['__proto__=x', 'no field __proto__'],
    ['attributes=x', 'no field attributes'],
  ])('refuses %s', (text, message) => {
    expect(where(text)).toMatchObject({
      ok: false,
      error: { code: 'invalid_request', message: expect.stringContaining(message) },
    });
  });

  it('let nothing of the text into the SQL', () => {
    for (const evil of hostile)
      for (const text of [
        `model_version=${evil}`,
        `attributes.${evil.replaceAll(/[=!<>~]/g, '')}=${evil}`,
        `model_version in ${evil}`,
        `loras~${evil}`,
      ]) {
        const made = where(text);
        if (!made.ok) continue;
        expect(made.value.sql).toMatch(/^[\w ()[\]{}:=~>,'-]+$/);
        expect(made.value.sql).not.toContain('DROP');
        expect(made.value.sql).not.toContain('OR');
      }
    for (const evil of hostile) expect(where(`${evil}=x`).ok).toBe(false);
  });

  it('mean the same as functions', () => {
    const is = (text: string, value: string): boolean => {
      const parsed = parseFilters([text]);
      return parsed.ok && matchesText(parsed.value[0]!, value);
    };
    expect([
      is('m=a', 'a'),
      is('m=a', 'A'),
      is('m!=a', 'b'),
      is('m in a,b', 'b'),
      is('m in a,b', 'c'),
    ]).toEqual([true, false, true, true, false]);
    expect([is('m~V7', 'sdxl-v7'), is('m~', ''), is('m~x', 'y')]).toEqual([true, true, false]);
  });
});
