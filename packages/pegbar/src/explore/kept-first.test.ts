import { expect, it } from 'vitest';
import { keptFirst } from './kept-first.ts';

const pictures = ['a', 'b', 'c', 'd', ''].map((image_id) => ({ tenant: 't', image_id }));
const names = (found: readonly { image_id: string }[]): string => found.map((one) => one.image_id).join('');
const kept =
  (...ids: string[]) =>
  async (_tenant: string, image_id: string): Promise<boolean> =>
    ids.includes(image_id);

it('takes what can be seen, in its order', async () => {
  expect(names(await keptFirst(pictures, 2, kept('d', 'b')))).toBe('bd');
});

it('fills up with what cannot where too little can', async () => {
  expect(names(await keptFirst(pictures, 3, kept('d')))).toBe('abd');
  expect(names(await keptFirst(pictures, 2, kept()))).toBe('ab');
});

it('takes the first where nobody knows what is kept', async () => {
  expect(names(await keptFirst(pictures, 2, undefined))).toBe('ab');
});
