import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_FRAME, type Commit, encodeCommit, type Frame, IDS_FRAME, parseLog } from './format.ts';

const frame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(BLOCK_FRAME, IDS_FRAME) as fc.Arbitrary<Frame['kind']>,
  // As long as a name may be: a signal, a slash and a tenant of 64 letters.
  name: fc.string({ unit: 'grapheme', maxLength: 20 }),
  rows: fc.nat(2 ** 32 - 1),
  parts: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }),
});
const commits = fc.array(
  fc.record({ time: fc.double({ noNaN: true }), frames: fc.array(frame, { maxLength: 4 }) }),
  { minLength: 1, maxLength: 5 },
);

interface Written {
  time: number;
  frames: Frame[];
}

function logOf(all: readonly Written[]): { log: Buffer; ends: number[] } {
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  let length = 0;
  all.forEach(({ time, frames }, number) => {
    for (const part of encodeCommit(number, time, frames)) {
      parts.push(part);
      length += part.length;
    }
    ends.push(length);
  });
  return { log: Buffer.concat(parts), ends };
}

function plain(commit: Commit): unknown {
  return {
    ...commit,
    frames: commit.frames.map((one) => ({ ...one, bytes: one.bytes.toString('hex') })),
  };
}

function expected(written: readonly Written[]): unknown[] {
  return written.map(({ time, frames }, number) => ({
    number,
    time,
    frames: frames.map(({ kind, name, rows, parts }) => ({
      kind,
      name,
      rows,
      bytes: Buffer.concat(parts).toString('hex'),
    })),
  }));
}

describe('the format of a log', () => {
  it('reads back every commit that was written', () => {
    fc.assert(
      fc.property(commits, (all) => {
        const { log } = logOf(all);
        const parsed = parseLog(log);
        expect(parsed.commits.map(plain)).toEqual(expected(all));
        expect(parsed).toMatchObject({ goodBytes: log.length, tornBytes: 0, damaged: 0 });
      }),
    );
  });

  it('gives the whole commits before a cut, at every length, and calls it no damage', () => {
    fc.assert(
      fc.property(commits, (all) => {
        const { log, ends } = logOf(all);
        for (let cut = 0; cut <= log.length; cut++) {
          const parsed = parseLog(log.subarray(0, cut));
          const whole = ends.filter((end) => end <= cut).length;
          if (parsed.commits.length !== whole || parsed.damaged !== 0)
            throw new Error(`cut at ${cut}: ${parsed.commits.length} of ${whole}, ${parsed.damaged} damaged`);
          expect(parsed.goodBytes + parsed.tornBytes).toBe(cut);
        }
        expect(parseLog(log.subarray(0, log.length - 1)).commits.map(plain)).toEqual(
          expected(all).slice(0, -1),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('takes an end of zeros for torn: a power cut may show the length of a write without its bytes', () => {
    const { log } = logOf([{ time: 1, frames: [] }]);
    for (const zeros of [1, 31, 32, 100, 4096])
      expect(parseLog(Buffer.concat([log, Buffer.alloc(zeros)]))).toMatchObject({
        goodBytes: log.length,
        damaged: 0,
      });
  });

  it('notices every flipped bit, loses one commit to it and none of the others', () => {
    fc.assert(
      fc.property(commits, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, where) => {
        const { log, ends } = logOf(all);
        const bit = Math.floor(where * log.length * 8);
        log[bit >> 3]! ^= 1 << (bit & 7);
        const hit = ends.findIndex((end) => bit >> 3 < end);
        const parsed = parseLog(log);
        const rest = expected(all).filter((_, index) => index !== hit);
        expect(parsed.commits.map(plain)).toEqual(rest);
        expect(parsed.damaged).toBe(1);
      }),
      { numRuns: 500 },
    );
  });

  it('tells damage of the last commit from a torn end', () => {
    const { log, ends } = logOf([
      { time: 1, frames: [{ kind: BLOCK_FRAME, name: 'spans', rows: 1, parts: [Buffer.from('first')] }] },
      { time: 2, frames: [{ kind: BLOCK_FRAME, name: 'spans', rows: 1, parts: [Buffer.from('last')] }] },
    ]);
    expect(parseLog(log.subarray(0, log.length - 2))).toMatchObject({ damaged: 0 });
    log[log.length - 1]! ^= 1;
    expect(parseLog(log)).toMatchObject({ damaged: 1, goodBytes: ends[0] });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseLog(Buffer.concat([Buffer.from('PGB1'), bytes, Buffer.from('PGB1'), bytes]));
      }),
      { numRuns: 2000 },
    );
  });
});
