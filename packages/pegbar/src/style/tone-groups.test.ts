import { expect, it } from 'vitest';
import { groupTones } from './tone-groups.ts';

/** Red, green and blue, and a red that is almost the first. */
const [RED, NEAR_RED, GREEN, BLUE] = [0xf00, 0xe00, 0x0f0, 0x00f];

it('groups colours that look alike, the commonest first, and says what share each has of a part', () => {
  const groups = groupTones(
    new Map([
      [RED, 50],
      [NEAR_RED, 10],
      [GREEN, 30],
      [BLUE, 10],
      [0xfff, 5],
      [0x000, 4],
      [0x888, 3],
    ]),
  );
  expect(groups.tones).toHaveLength(6);
  expect(groups.tones.slice(0, 2)).toEqual(['#fc0000', '#00ff00']);
  const shares = groups.sharesOf(
    new Map([
      [NEAR_RED, 1],
      [GREEN, 3],
    ]),
  );
  expect(shares).toEqual([0.25, 0.75, 0, 0, 0, 0]);
});

it('has no tones of nothing, and no shares of a part without colours or with others alone', () => {
  const none = groupTones(new Map());
  expect(none.tones).toEqual([]);
  expect(none.sharesOf(new Map([[RED, 1]]))).toBeNull();
  const one = groupTones(new Map([[RED, 2]]));
  expect(one.tones).toEqual(['#ff0000']);
  expect(one.sharesOf(new Map())).toBeNull();
  expect(one.sharesOf(new Map([[GREEN, 1]]))).toBeNull();
});

it('answers the same whatever the order', () => {
  const cells = Array.from({ length: 300 }, (_, at) => [(at * 1_399) % 4_096, 1 + (at % 7)] as const);
  expect(groupTones(new Map(cells.toReversed())).tones).toEqual(groupTones(new Map(cells)).tones);
});
