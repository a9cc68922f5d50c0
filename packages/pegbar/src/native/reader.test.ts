import { TABLES, tableOf } from '@pegbar/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockBuilder } from './block.ts';
import { BlockError, readBlock } from './reader.ts';
import type { FixedView, TextView } from './views.ts';

const bytesOf = (block: BlockBuilder): Uint8Array => Buffer.concat(block.encode());

/** Merging columns are told in the type that they hold. */
const plain = (type: string): string => /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(type)?.[1] ?? type;

/** A value of the type in the form that `append` takes, and the form in which it is read back. */
function sample(type: string): [unknown, unknown] {
  const inner = /^(Array|Nullable)\((.*)\)$/.exec(type);
  if (inner?.[1] === 'Array') {
    const [given, read] = sample(inner[2]!);
    return [
      [given, given],
      [read, read],
    ];
  }
  if (inner) return sample(inner[2]!);
  const fixed = /^FixedString\((\d+)\)$/.exec(type);
  if (fixed) {
    const hex = 'a7'.repeat(Number(fixed[1]));
    return [hex, Uint8Array.from(Buffer.from(hex, 'hex'))];
  }
  if (/String/.test(type) && !type.startsWith('Map')) return ['žluť 図', 'žluť 図'];
  if (type.startsWith('Map'))
    return [
      { b: '2', a: '1' },
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    ];
  if (type === 'Date') return [3 * 86_400_000, 3];
  if (type.startsWith('DateTime64(3')) return [1_700_000_000_000, 1_700_000_000_000n];
  if (/64/.test(type) && !type.startsWith('Float')) return [18_446_744_073n, 18_446_744_073n];
  if (/Float/.test(type)) return [-2.5, -2.5];
  return [7, 7];
}

test('every column of every table comes back as it was appended', () => {
  for (const table of TABLES) {
    const block = new BlockBuilder(table);
    const stored = table.columns.filter(({ part }) => part === undefined);
    const given = Object.fromEntries(stored.map(({ name, type }) => [name, sample(plain(type))[0]]));
    block.append({});
    block.append(given);
    block.append({});
    block.append(given);
    const read = readBlock(bytesOf(block));
    expect(read.rows).toBe(4);
    expect(read.end).toBe(bytesOf(block).length);
    for (const { name, type } of stored) {
      const column = read.columns.get(name)!;
      expect(column.type).toBe(plain(type));
      const want = sample(plain(type))[1];
      for (const row of [1, 3]) {
        const got = column.at(row);
        expect(got instanceof Uint8Array ? Uint8Array.from(got) : got, `${table.name}.${name}`).toEqual(want);
      }
      expect(column.at(0)).toEqual(column.at(2));
    }
  }
});

test('parts of a column are written by their own names, and what is not told of it is zero', () => {
  const block = new BlockBuilder(tableOf('spans'));
  block.append({ span_id: '0123456789abcdef' });
  block.append({ parent_span_id: 'fe'.repeat(8) });
  block.mark();
  block.append({ span_id: '11'.repeat(8), parent_span_id: '22'.repeat(8) });
  block.rollback();
  block.append({ span_id: 'too short' });
  const ids = readBlock(bytesOf(block)).columns.get('span_ids') as FixedView;
  expect([0, 1, 2].map((row) => ids.hex(row))).toEqual([
    `0123456789abcdef${'0'.repeat(16)}`,
    `${'0'.repeat(16)}${'fe'.repeat(8)}`,
    '0'.repeat(32),
  ]);
});

test('only the wanted columns are decoded, and reading stops after the last of them', () => {
  const block = new BlockBuilder(tableOf('spans'));
  block.append({ tenant: 'a', request_id: 'r', loras: ['x'], clip_i: 0.5, attributes: { k: 'v' }, seg: 9 });
  const bytes = bytesOf(block);
  const some = readBlock(bytes, 0, { columns: new Set(['request_id', 'clip_i']) });
  expect([...some.columns.keys()]).toEqual(['request_id', 'clip_i']);
  expect(some.end).toBeNull();
  const last = readBlock(bytes, 0, { columns: new Set(['seg', 'absent']) });
  expect(last.columns.get('seg')!.at(0)).toBe(9n);
  expect(last.end).toBe(bytes.length);
});

test('a block behind others is found by its offset, whatever its alignment', () => {
  const block = new BlockBuilder(tableOf('spans'));
  block.append({ duration_ns: 5n, cost_usd: 0.25, trace_id: 'ab'.repeat(16), request_id: 'r1' });
  const bytes = bytesOf(block);
  for (let shift = 0; shift < 9; shift++) {
    const read = readBlock(Buffer.concat([new Uint8Array(shift), bytes]), shift);
    expect(read.columns.get('duration_ns')!.at(0)).toBe(5n);
    expect([...(read.columns.get('duration_ns') as FixedView).words()]).toEqual([5, 0]);
    expect(read.columns.get('cost_usd')!.at(0)).toBe(0.25);
    expect((read.columns.get('trace_id') as FixedView).hex(0)).toBe('ab'.repeat(16));
    expect(Buffer.from((read.columns.get('request_id') as TextView).raw(0)).toString()).toBe('r1');
  }
});

test('dictionaries of every key width come back', () => {
  for (const distinct of [3, 300, 70_000]) {
    const block = new BlockBuilder(tableOf('spans'));
    for (let row = 0; row < distinct; row++) block.append({ name: `n${row}` });
    const column = readBlock(bytesOf(block)).columns.get('name')!;
    for (const row of [0, 1, 2, distinct - 1]) expect(column.at(row)).toBe(`n${row}`);
  }
});

test('a block that is cut anywhere is refused, and corrupted bytes never read outside', () => {
  const block = new BlockBuilder(tableOf('spans'));
  block.append({ tenant: 't', loras: ['a'], clip_i: 1, attributes: { k: 'v' }, request_id: 'r' });
  const bytes = bytesOf(block);
  for (let cut = 0; cut < bytes.length; cut++)
    expect(() => readBlock(bytes.subarray(0, cut))).toThrow(BlockError);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const bad = Uint8Array.from(bytes);
      bad[at] = value;
      try {
        readBlock(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(BlockError);
      }
    }),
  );
});
