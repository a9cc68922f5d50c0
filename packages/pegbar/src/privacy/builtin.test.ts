import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startCpu } from '../base/testing.ts';
import { findBuiltin, isCard } from './builtin.ts';
import { compileRules, scrub } from './rules.ts';

const rules = compileRules({ prompts: 'redact', redact: { patterns: [], keys: [] } })!;
const redact = (text: string): string => scrub(text, rules, () => {});

/** Key-like strings are put together here, so that no scanner takes this file for a leak. */
const key = (mark: string, length: number): string => mark + 'aB3dE5gH7jK9'.repeat(20).slice(0, length);

const PERSONAL: Record<string, string[]> = {
  email: [
    'bob@example.com',
    'aya.kimura+art@studio.example.co.jp',
    'bob%40example.com',
    'ｂｏｂ＠example.com',
    'jürgen@bücher.example',
  ],
  phone: [
    '+81 90-1234-5678',
    '+49 (0) 30 901820',
    '(212) 555-0142',
    '212-555-0142',
    '03-1234-5678',
    '090-1234-5678',
    '09012345678',
    '０９０－１２３４－５６７８'.replaceAll('－', '-'),
    '07911 123456',
    '06 12 34 56 78',
    '138-1234-5678',
  ],
  card: [
    '4111 1111 1111 1111',
    '4111111111111111',
    '5555-5555-5555-4444',
    '378282246310005',
    '4222222222222',
    '6011111111111117',
    '30569309025904',
    '3530111333300000',
  ],
  ip: [
    '192.168.1.77',
    '8.8.8.8',
    '2001:db8::8a2e:370:7334',
    'fe80::1',
    '::ffff:192.0.2.128',
    '2001:0db8:0000:0000:0000:ff00:0042:8329',
  ],
  secret: [
    key('sk-', 40),
    key('sk-ant-api03-', 60),
    key('ghp_', 36),
    key('github_pat_', 60),
    key('hf_', 34),
    key('xoxb-', 40),
    key('AIza', 35),
    ['AKIA', 'ABCD2345EFGH6789'].join(''),
    `${key('eyJ', 20)}.${key('eyJ', 40)}.${key('', 43)}`,
    `-----BEGIN ${'RSA'} PRIVATE KEY-----\n${key('', 80)}\n-----END RSA PRIVATE KEY-----`,
  ],
};

describe('the built-in patterns', () => {
  for (const [kind, examples] of Object.entries(PERSONAL)) {
    it(`hide every form of ${kind}`, () => {
      for (const example of examples) {
        expect(redact(`see ${example}, please`), example).toBe(`see [${kind}], please`);
        expect(redact(example), example).toBe(`[${kind}]`);
      }
    });
  }

  it('hide credentials that are named, and keep the name', () => {
    expect(redact('Authorization: Bearer abcdefghijkl')).toBe('Authorization: Bearer [secret]');
    expect(redact('curl -H "authorization: Basic dXNlcjpwYXNz"')).toBe(
      'curl -H "authorization: Basic [secret]"',
    );
    expect(redact(`bearer ${key('', 20)}`)).toBe('bearer [secret]');
    expect(redact('api_key=hunter22 retry=3')).toBe('api_key=[secret] retry=3');
    expect(redact('{"password": "correct horse"}')).toBe('{"password": "[secret] horse"}');
    expect(redact('https://u:pa55@example.com/x?token=abcdef&a=1')).toBe(
      'https://[secret]/x?token=[secret]&a=1',
    );
  });

  it('find a card within a longer row of digits', () => {
    expect(redact('4111 1111 1111 1111 123')).toBe('[card] 123');
    expect(isCard('4111111111111112')).toBe(false);
  });

  it('leave the language of pictures alone', () => {
    const harmless = [
      'masterpiece, best quality, 1girl, (blue eyes:1.2), 8k, 16:9, <lora:detail:0.8>',
      'standard bearer illustration, basic background, secret garden',
      'Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 4111111111111111, Size: 768x768',
      '2024-11-15 12:30:45.123 took 00:01:22, done 05.12.2024',
      'CUDA out of memory. Tried to allocate 17179869184 bytes (GPU 0; 23.69 GiB total)',
      'std::vector<int> at 0x7ffe, torch 2.5.1+cu124, dead::beef',
      'dpmpp_2m_sde_gpu v1-5-pruned-emaonly.safetensors',
      '青い髪の美少女、セーラー服、教室',
      'listening on 127.0.0.1:4318, 0.0.0.0 and ::1',
      'trace 4bf92f3577b34da6a3ce929d0e0e4736',
    ];
    for (const text of harmless) expect(redact(text)).toBe(text);
  });

  it('leave nothing behind that they would find again', () => {
    const pieces = fc.constantFrom(
      ...Object.values(PERSONAL).flat(),
      'a',
      ' ',
      '.',
      '@',
      ':',
      '-',
      '[',
      '12',
      'password=',
      'bearer ',
      '//',
      '、',
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: fc.constantFrom(...'a1@.:-=+ f/%0４＠'), maxLength: 80 }),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(findBuiltin(redact(one))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('let no example survive among other words', () => {
    const example = fc.constantFrom(...Object.values(PERSONAL).flat());
    const around = fc.string({
      unit: fc.constantFrom('a', 'girl', ' ', ',', '、', '\n', '(', 'ж'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(around, example, around, (before, one, after) => {
        expect(redact(`${before} ${one} ${after}`)).not.toContain(one);
      }),
      { numRuns: 2000 },
    );
  });

  it('take time in proportion to the text, whatever it is', () => {
    const hostile = [
      'a',
      '1',
      '1-',
      'a@',
      '@',
      ':',
      'a:',
      '0 ',
      '+1',
      'eyJ',
      '-eyJ',
      'sk-',
      '-----BEGIN PRIVATE KEY-----',
      'password=',
      '://a:',
      '1.',
      'bearer ',
      '4',
      'a.',
      '%40',
      '\ud800',
      '１',
    ];
    for (const unit of hostile) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
      const spent_ms = startCpu();
      redact(text);
      expect(spent_ms(), unit).toBeLessThan(3000);
    }
  });

  it('cut off what is too long to be looked at', () => {
    const out = redact(`${'girl '.repeat(60_000)} bob@example.com`);
    expect(out).not.toContain('bob');
    expect(out.endsWith('[cut]')).toBe(true);
  });
});
