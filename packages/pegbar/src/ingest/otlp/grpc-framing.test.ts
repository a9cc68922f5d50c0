import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Body, Budget } from './body.ts';
import { MessageReader } from './grpc-framing.ts';
import { deadlineMs, percentEncode } from './grpc-headers.ts';

const bytes = fc.uint8Array({ maxLength: 5000 }).map((b) => Buffer.from(b));

/** Cuts a buffer at the given places. */
function pieces(whole: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((end, i) => whole.subarray(places[i], end));
}

test('a message cut anywhere is read whole, and its memory is given back', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (body, cuts, compressed) => {
      const budget = new Budget(1 << 20);
      const reader = new MessageReader(budget, 1 << 20);
      const prefix = Buffer.alloc(5);
      prefix[0] = compressed ? 1 : 0;
      prefix.writeUInt32BE(body.length, 1);
      for (const piece of pieces(Buffer.concat([prefix, body]), cuts)) expect(reader.push(piece)).toBe('ok');
      const message = reader.message()!;
      expect(message.compressed).toBe(compressed);
      expect(message.body.bytes().equals(body)).toBe(true);
      expect(budget.used).toBeGreaterThanOrEqual(body.length);
      message.body.free();
      expect(budget.used).toBe(0);
    }),
  );
});

test('noise never yields more than one message and never leaks memory', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (noise, cuts) => {
      const budget = new Budget(1 << 20);
      const reader = new MessageReader(budget, 100_000);
      for (const piece of pieces(noise, cuts)) if (reader.push(piece) !== 'ok') break;
      reader.free();
      expect(budget.used).toBe(0);
    }),
  );
});

test('a body of any cuts comes out as it went in, within its limit and the budget', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (whole, cuts, declared) => {
      const budget = new Budget(64 << 20);
      const body = new Body(budget, 5000, declared ? whole.length : -1);
      for (const piece of pieces(whole, cuts)) expect(body.append(piece)).toBe('ok');
      expect(body.bytes().equals(whole)).toBe(true);
      expect(body.append(Buffer.alloc(5001))).toBe('too_large');
      body.free();
      body.free();
      expect(budget.used).toBe(0);
    }),
  );
});

test('a body that does not fit the budget is told so and holds nothing afterwards', () => {
  const budget = new Budget(3 << 20);
  const body = new Body(budget, 64 << 20, -1);
  const results = Array.from({ length: 4 }, () => body.append(Buffer.alloc(1 << 20)));
  expect(results).toContain('in_flight');
  body.free();
  expect(budget.used).toBe(0);
});

test('grpc-timeout in every unit, and Infinity for what is not one', () => {
  expect(['1H', '2M', '3S', '4m', '5u', '6n'].map(deadlineMs)).toEqual([
    3_600_000, 120_000, 3000, 4, 0.005, 6e-6,
  ]);
  for (const bad of [undefined, '', 'S', '123456789S', '1s', '1x', '-1S']) {
    expect(deadlineMs(bad)).toBe(Number.POSITIVE_INFINITY);
  }
});

test('grpc-message decodes to what it was, and is printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = percentEncode(text);
      expect(encoded).toMatch(/^[ -~]*$/);
      expect(decodeURIComponent(encoded)).toBe(text);
    }),
  );
});
