import { describe, expect, it } from 'vitest';
import { vectorOfFile, vectorOfJson } from './vector-text.ts';

/** As numpy.save writes it. */
function npy(descr: string, shape: string, data: Buffer, version = 1): Buffer {
  const lead = version === 1 ? 10 : 12;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const header = `${text.padEnd(Math.ceil((text.length + lead + 1) / 64) * 64 - lead - 1)}\n`;
  const head = Buffer.alloc(lead);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), data]);
}
const floats = Buffer.from(Float32Array.of(0.5, -2, 3).buffer);

describe('a vector in a file', () => {
  it('is read from NumPy in single, double and half precision, whatever the format version', () => {
    expect(vectorOfFile(npy('<f4', '(3,)', floats))?.vector).toEqual([0.5, -2, 3]);
    expect(vectorOfFile(npy('<f4', '(1, 3)', floats, 2))?.vector).toEqual([0.5, -2, 3]);
    expect(vectorOfFile(npy('<f8', '(2, 1)', Buffer.from(Float64Array.of(1e-3, 7).buffer)))?.vector).toEqual([
      0.001, 7,
    ]);
    const halves = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x3555).buffer);
    expect(vectorOfFile(npy('<f2', '(4,)', halves))?.vector.map((one) => Number(one.toPrecision(4)))).toEqual(
      [1, -2, 5.96e-8, 0.3333],
    );
  });

  it('is read from JSON, alone or with its embedder', () => {
    expect(vectorOfFile(Buffer.from('[1, 2.5]'))).toEqual({ vector: [1, 2.5] });
    expect(vectorOfJson('{"embedder":"clip","embedder_version":"2","vector":[1]}')).toEqual({
      vector: [1],
      embedder: 'clip',
      embedder_version: '2',
    });
  });

  it('is none where it is several, too long, not finite, cut off or something else', () => {
    const none = [
      npy('<f4', '(3, 2)', Buffer.alloc(24)),
      npy('<f4', '(5000,)', Buffer.alloc(20_000)),
      npy('<f4', '(4,)', floats),
      npy('>f4', '(3,)', floats),
      npy('|O', '(3,)', floats),
      npy('<f4', '()', floats),
      npy('<f4', '(1,)', Buffer.from(Float32Array.of(Number.NaN).buffer)),
      npy('<f2', '(1,)', Buffer.from(Uint16Array.of(0x7c00).buffer)),
      npy('<f4', '(3,)', floats).subarray(0, 11),
      Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 3, 0, 255, 255, 255, 255, 0]),
      Buffer.from('nothing'),
      Buffer.alloc(0),
    ];
    for (const bytes of none) expect(vectorOfFile(bytes)).toBeNull();
    for (const text of [
      '[]',
      '["1"]',
      '[null]',
      '{}',
      '{"vector":1}',
      '[1e400]',
      '7',
      `[${'1,'.repeat(5000)}1]`,
    ])
      expect(vectorOfJson(text)).toBeNull();
  });
});
