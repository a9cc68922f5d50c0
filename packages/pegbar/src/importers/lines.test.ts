import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decompressed, LINE_MOST_BYTES, readLines } from './lines.ts';

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function lines(bytes: Uint8Array, size = 7): Promise<[number, string | undefined][]> {
  const out: [number, string | undefined][] = [];
  for await (const line of readLines(decompressed(chunks(bytes, size)))) {
    out.push([line.number, line.bytes && Buffer.from(line.bytes).toString('utf8')]);
  }
  return out;
}

test('lines come out the same however the source is cut, compressed or not', async () => {
  const text = fc.array(
    fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n]/g, '')),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 30 }), fc.boolean(), async (all, size, zip) => {
      const plain = Buffer.from(all.join('\n'));
      fc.pre(plain[0] !== 0x1f && plain[0] !== 0xef);
      const expected = all
        .map((line, index) => [index + 1, line])
        .filter(([, line]) => !/^[ \t]*$/.test(String(line)));
      expect(await lines(zip ? gzipSync(plain) : plain, size)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('CR LF, a byte order mark and blank lines leave no trace but the numbers', async () => {
  expect(await lines(Buffer.from('\ufeff{"a":1}\r\n\r\n  \n{"b":2}'))).toEqual([
    [1, '{"a":1}'],
    [4, '{"b":2}'],
  ]);
});

test('a line beyond the limit is told without being kept', async () => {
  const long = Buffer.alloc(LINE_MOST_BYTES + 1, 0x61);
  const bytes = Buffer.concat([long, Buffer.from('\nb\n')]);
  expect(await lines(bytes, 1 << 20)).toEqual([
    [1, undefined],
    [2, 'b'],
  ]);
});

test('gzip that was cut is an error after what could be read', async () => {
  const whole = gzipSync(Buffer.from('one\ntwo\n'));
  await expect(lines(whole.subarray(0, -9))).rejects.toThrow('unexpected end of file');
});
