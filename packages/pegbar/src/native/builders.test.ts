import { tableOf } from '@pegbar/contract';
import { expect, test } from 'vitest';
import { BlockBuilder } from './block.ts';
import type { DictionaryColumn, MapColumn } from './index.ts';
import { readBlock } from './reader.ts';

const row = (n: number): Record<string, unknown> => ({
  tenant: `t${n}`,
  name: `span ${n}`,
  timestamp: BigInt(n),
  request_id: `r${n}`,
  loras: [`l${n}`, 'x'],
  clip_i: n,
  attributes: { key: `v${n}` },
});
const bytesOf = (block: BlockBuilder): Buffer => Buffer.concat(block.encode());

test('a rollback leaves a block as if the rows had never come, dictionaries included', () => {
  const block = new BlockBuilder(tableOf('spans'));
  const other = new BlockBuilder(tableOf('spans'));
  for (const one of [block, other]) one.append(row(1));
  for (let round = 0; round < 3; round++) {
    block.mark();
    for (let n = 2; n < 1000; n++) block.append({ ...row(n + round), steps: 5, prompt_bins: [1, 2] });
    block.rollback();
  }
  for (const one of [block, other]) one.append(row(2));
  const again = readBlock(bytesOf(block));
  const clean = readBlock(bytesOf(other));
  expect(again.rows).toBe(2);
  for (const [name, column] of clean.columns)
    expect([0, 1].map((at) => again.columns.get(name)!.at(at))).toEqual([0, 1].map((at) => column.at(at)));
  const { dictionary } = block.column<DictionaryColumn>('name');
  expect(dictionary.size).toBe(3);
  expect(block.column<MapColumn>('attributes').entries).toBe(2);
});

test('ids of a dictionary are told to be stale after a reset and after a rollback that dropped some', () => {
  const block = new BlockBuilder(tableOf('spans'));
  const { dictionary } = block.column<DictionaryColumn>('name');
  const first = dictionary.generation;
  block.mark();
  block.rollback();
  expect(dictionary.generation).toBe(first);
  block.mark();
  block.append(row(1));
  block.rollback();
  expect(dictionary.generation).toBeGreaterThan(first);
  const second = dictionary.generation;
  block.reset();
  expect(dictionary.generation).toBeGreaterThan(second);
  expect(dictionary.text(0)).toBe('');
});

test('a dictionary repairs what is not UTF-8 and finds equal bytes by any guess', () => {
  const block = new BlockBuilder(tableOf('spans'));
  const { dictionary } = block.column<DictionaryColumn>('name');
  const bytes = Buffer.from('xabc\xc3(', 'latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(dictionary.find(view, 1, 3)).toBe(-1);
  const id = dictionary.idOfUtf8(bytes, view, 1, 3);
  expect(dictionary.find(view, 1, 3)).toBe(id);
  expect(dictionary.holds(id, view, 1, 3)).toBe(true);
  expect(dictionary.holds(id, view, 0, 3)).toBe(false);
  expect(dictionary.text(dictionary.idOfUtf8(bytes, view, 1, 5))).toBe('abc\ufffd(');
});
