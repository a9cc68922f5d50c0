import { expect, test } from 'vitest';
import { byteRange, bytesAnswer } from './byte-range.ts';

test.each([
  [null, { kind: 'whole' }],
  ['bytes=0-', { kind: 'part', start: 0, end: 99 }],
  ['bytes=10-19', { kind: 'part', start: 10, end: 19 }],
  ['bytes=90-500', { kind: 'part', start: 90, end: 99 }],
  ['bytes=-30', { kind: 'part', start: 70, end: 99 }],
  ['bytes=-500', { kind: 'part', start: 0, end: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=20-10', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['lines=1-2', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
])('reads %s of 100 bytes', (header, range) => {
  expect(byteRange(header, 100)).toEqual(range);
});

test('answers a part as 206 with its place, and what is not there as 416', async () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, at) => at);
  const ask = (range: string, more = {}) =>
    bytesAnswer(new Request('http://x/', { headers: { range, ...more } }), bytes, {
      'content-type': 'video/mp4',
    });
  const part = ask('bytes=2-4');
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 2-4/10']);
  expect([...new Uint8Array(await part.arrayBuffer())]).toEqual([2, 3, 4]);
  const beyond = ask('bytes=10-');
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
  expect(ask('bytes=2-4', { 'if-range': '"another"' }).status).toBe(200);
});
