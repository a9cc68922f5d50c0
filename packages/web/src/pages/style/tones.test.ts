import { describe, expect, test } from 'vitest';
import { meanOf, mostMoved, toneName, toneNames } from './tones.ts';

describe('tones in words', () => {
  test('have the names that people give them', () => {
    expect(
      ['#000000', '#ffffff', '#808080', '#d98b5f', '#4a90d9', '#1b2a55', '#fbd7cf', '#5a3a22', '#6bbf59'].map(
        toneName,
      ),
    ).toEqual(['black', 'white', 'grey', 'orange', 'blue', 'dark blue', 'pale red', 'brown', 'green']);
  });

  test('are told apart in one palette', () => {
    expect(toneNames(['#4a90d9', '#4a8fd0', '#000000'])).toEqual(['blue', 'blue 2', 'black']);
  });

  test('say which of them moved most, and nothing where none did', () => {
    expect(mostMoved(['#4a90d9', '#000000'], [0.3, 0.7], [0.5, 0.5])).toEqual({ name: 'blue', points: -20 });
    expect(mostMoved(['#4a90d9', '#000000'], [0.5, 0.5], [0.51, 0.49])).toBeNull();
    expect(mostMoved(['#4a90d9'], [1], null)).toBeNull();
  });

  test('have a mean over the times that are known', () => {
    expect(meanOf([[0.2, 0.8], null, [0.4, 0.6]])?.map((share) => share.toFixed(2))).toEqual([
      '0.30',
      '0.70',
    ]);
    expect(meanOf([null])).toBeNull();
  });
});
