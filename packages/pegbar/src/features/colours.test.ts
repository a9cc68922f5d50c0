import { expect, it } from 'vitest';
import { colourName, colourNamesOf } from './colours.ts';

it('calls colours what people call them', () => {
  const named = (hex: string): string => colourName(Number.parseInt(hex, 16));
  expect(
    ['c81e1e', 'ff9020', 'ffe030', '2e9e4f', '20c0c8', '2040d0', '7030b0', 'ff60b0', 'ffc0c0', '6b4a21'].map(
      named,
    ),
  ).toEqual(['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'pink', 'pink', 'brown']);
  expect(['000000', '141210', '505050', 'a0a0a0', 'ffffff', 'f0f4f0'].map(named)).toEqual([
    'black',
    'black',
    'dark grey',
    'grey',
    'white',
    'white',
  ]);
});

it('names the colours that cover a twelfth of a picture, tones of one name together', () => {
  expect(
    colourNamesOf(['#c81e1e 0.5', '#c01818 0.05', '#2040d0 0.05', '#2244cc 0.04', '#ffffff 0.03']),
  ).toEqual(['red', 'blue']);
  expect(colourNamesOf(['nonsense', '#12345 0.4', '#123456 9', '#123456'])).toEqual([]);
  expect(colourNamesOf([])).toEqual([]);
});
