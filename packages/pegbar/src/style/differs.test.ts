import { expect, it } from 'vitest';
import { coloursOf, differenceOf, usualColours } from './differs.ts';

const of = (...palette: string[]) => coloursOf(palette)!;
const usual = usualColours([of('#c08040 0.6', '#4060a0 0.4'), of('#c08040 0.5', '#4060a0 0.5')])!;

it('finds nothing where the colours are the same', () => {
  const same = differenceOf(of('#c08040 0.55', '#4060a0 0.45'), usual);
  expect(same.lightness).toBeCloseTo(0, 2);
  expect(same.chroma).toBeCloseTo(1, 1);
});

it('tells paler from darker and greyer from more vivid', () => {
  expect(differenceOf(of('#ffffff 1'), usual)).toMatchObject({ chroma: 0, hue: null });
  expect(differenceOf(of('#ffffff 1'), usual).lightness).toBeGreaterThan(0.3);
  expect(differenceOf(of('#100808 1'), usual).lightness).toBeLessThan(-0.3);
  expect(differenceOf(of('#ff8000 0.6', '#0040ff 0.4'), usual).chroma).toBeGreaterThan(1.5);
});

it('tells a hue that is far off by its angle', () => {
  const warm = of('#e08040 1');
  expect(differenceOf(of('#e08040 1'), warm).hue).toBe(0);
  expect(differenceOf(of('#4080e0 1'), warm).hue).toBeGreaterThan(120);
});

it('has no colours where no tone can be read', () => {
  expect(coloursOf(['red', '#12 0.5'])).toBeNull();
  expect(usualColours([])).toBeNull();
});
