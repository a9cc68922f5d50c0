import { expect, test } from 'vitest';
import { hastyClock } from '../testkit.ts';
import { csvCell } from './output.ts';
import { createProgress } from './progress.ts';
import { cells, cut, plain, tableLines } from './table.ts';
import { bytes, duration, withUnit } from './units.ts';

test('a table fits the terminal; numbers, times and ids are never cut', () => {
  const columns = [{ title: 'id', whole: true }, { title: 'note' }, { title: 'n', align: 'right' as const }];
  const rows = [
    ['0123456789abcdef', 'a long note that does not fit', '1,234'],
    ['1', '短いノート', '5'],
  ];
  expect(tableLines(columns, rows, 40)).toEqual([
    'id                note                 n',
    '0123456789abcdef  a long note th…  1,234',
    '1                 短いノート           5',
  ]);
  for (const line of tableLines(columns, rows, 40)) expect(cells(line)).toBeLessThanOrEqual(40);
});

test('a text is cut by the cells that it takes, not by its characters', () => {
  expect(cut('キャラクター', 7)).toBe('キャラ…');
  expect(cut('キャラクター', 6)).toBe('キャ… ');
  expect(cells('a👍キ')).toBe(5);
});

test('text from outside can neither move the cursor nor turn the line around', () => {
  expect(plain('a\u001b[2Jb\r\nc\u202ed')).toBe('a\ufffd[2Jb c\ufffdd');
});

test('a spreadsheet gets quoted cells and no formulas', () => {
  expect(csvCell('a,"b"')).toBe('"a,""b"""');
  expect(csvCell('=HYPERLINK("x")')).toBe('"\'=HYPERLINK(""x"")"');
  expect(csvCell(-5)).toBe('-5');
  expect(csvCell(null)).toBe('');
});

test('numbers carry their unit', () => {
  expect([duration(0.4), duration(812.4), duration(4_512), duration(3_000_000)]).toEqual([
    '400 µs',
    '812 ms',
    '4.51 s',
    '50 min',
  ]);
  expect([bytes(512), bytes(1_536), bytes(5e9)]).toEqual(['512 B', '1.5 KiB', '4.66 GiB']);
  expect([
    withUnit('0..1', 0.99954),
    withUnit('0..1', 0.00042),
    withUnit('usd', 1234.5),
    withUnit('1/s', 2.5),
    withUnit('-1..1', 0.7123),
  ]).toEqual(['99.95 %', '0.042 %', '$1234.50', '2.5/s', '0.712']);
  expect(withUnit('ms', null)).toBe('–');
});

test('progress tells rate and remaining time: a bar on a terminal, a line per 5 s in a file', () => {
  let ms = 0;
  const clock = { ...hastyClock(), monotonic: () => ms };
  const written: string[] = [];
  const stream = (isTTY: boolean) => ({
    isTTY,
    write: (text: string | Uint8Array) => written.push(String(text)) > 0,
  });
  const bar = createProgress(stream(true), clock, 'f', 'lines');
  bar.update(0, 0);
  ms = 10_000;
  bar.update(5_000, 0.25);
  expect(written).toEqual(['\r\u001b[2Kf  ██████░░░░░░░░░░░░░░░░░░ 25 %  5,000 lines  500/s  30 s left']);
  bar.clear();
  written.length = 0;
  const log = createProgress(stream(false), clock, 'f', 'lines');
  for (let second = 0; second < 12; second++) {
    ms += 1_000;
    log.update(second, undefined);
  }
  expect(written.length).toBe(2);
});
