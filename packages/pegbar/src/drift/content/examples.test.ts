/** Which pictures stand for a change of words and colours, and in what words that is said. */
import { expect, test } from 'vitest';
import type { Judged } from '../engine.ts';
import { contentChoices } from './examples.ts';

const judged = (
  kind: string,
  parts: readonly (readonly [string, 'more' | 'less'])[],
  cells: readonly (readonly [string, number, number])[],
): Judged =>
  ({
    comparison: {
      focus: { kind, cell: 1 },
      explanation: { contributors: parts.map(([name, direction]) => ({ name, direction })) },
      distribution: {
        cells: cells.map(([name]) => ({ name, from: null, to: null })),
        reference: cells.map(([, then]) => then),
        current: cells.map(([, , now]) => now),
      },
    },
  }) as unknown as Judged;

test('what came and what went, by their words', () => {
  const { more, less } = contentChoices(
    judged(
      'token',
      [
        ['beach', 'more'],
        ['dress', 'less'],
      ],
      [],
    ),
  );
  expect(more.words).toBe('pictures of prompts with `beach`');
  expect(less.which).toEqual({ by: 'content', column: 'text', names: ['dress'] });
});

test('where all that makes the change came, what became rarest of all else stands for what went', () => {
  const { less } = contentChoices(
    judged(
      'token',
      [['beach', 'more']],
      [
        ['girl', 0.5, 0.5],
        ['school', 0.4, 0.3],
        ['scarf', 0.4, 0.38],
      ],
    ),
  );
  expect(less.words).toBe('pictures of prompts with `school`');
});

test('of a pure gain, prompts of before that have nothing of what came', () => {
  const { less } = contentChoices(
    judged(
      'tag',
      [
        ['beach', 'more'],
        ['rare tag 7', 'more'],
        ['summer', 'more'],
      ],
      [['girl', 0.5, 0.5]],
    ),
  );
  expect(less.which).toEqual({ by: 'content', column: 'text', names: ['beach', 'summer'], without: true });
  expect(less.words).toBe('nothing became rarer; pictures of prompts without `beach`, `summer`');
});

test('private words are looked for in no prompt, colours in palettes', () => {
  const hidden = contentChoices(judged('keyed_token', [['private word 9', 'more']], []));
  expect([hidden.more.which, hidden.less.which]).toEqual([{ by: 'any' }, { by: 'any' }]);
  const { more, less } = contentChoices(judged('colour', [['grey', 'more']], [['red', 0.4, 0.2]]));
  expect([more.which, less.which]).toEqual([
    { by: 'colour', name: 'grey' },
    { by: 'colour', name: 'red' },
  ]);
});
