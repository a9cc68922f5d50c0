import { MATCH_LEAST } from '@pegbar/stats';
import { describe, expect, it } from 'vitest';
import { strataOf, type Timed } from './meet-hours.ts';

/** Samples are what they were made from. */
const sum = (samples: readonly string[]): string => samples.join('+');
const timed = (how: number, rows: number, sample: string): Timed<string> => ({ how, rows, sample });
const met = (reference: readonly Timed<string>[], current: readonly Timed<string>[]): string[] =>
  strataOf(new Map([['part', reference]]), new Map([['part', current]]), sum).map(
    (one) => `${one.reference} | ${one.current}`,
  );

describe('hours of the week that meet', () => {
  it('are matched one by one where each stands once on either side', () => {
    const reference = [timed(0, 100, 'a'), timed(6, 100, 'b'), timed(12, 100, 'c')];
    expect(met(reference, [timed(6, 5, 'x'), timed(0, 5, 'y')])).toEqual(['b | x', 'a | y']);
  });

  it('are added up where one stands twice, on either side', () => {
    const one = [timed(0, 100, 'a'), timed(6, 100, 'b')];
    expect(met([...one, timed(0, 100, 'c')], [timed(0, 5, 'x'), timed(6, 5, 'y')])).toEqual([
      'a+c | x',
      'b | y',
    ]);
    expect(met(one, [timed(0, 5, 'x'), timed(6, 5, 'y'), timed(0, 5, 'z')])).toEqual(['a | x+z', 'b | y']);
  });

  it('are compared with more of the week where one of them has too few rows', () => {
    const reference = [timed(0, MATCH_LEAST - 1, 'a'), timed(6, 100, 'b')];
    expect(met(reference, [timed(0, 5, 'x'), timed(6, 5, 'y')])).toEqual(['a+b | x+y']);
  });

  it('leave out what has no rows', () => {
    const reference = [timed(0, 100, 'a'), timed(6, 0, 'b')];
    expect(met(reference, [timed(0, 5, 'x'), timed(6, 0, 'y')])).toEqual(['a | x']);
  });

  it('are no strata where neither side has any rows', () => {
    expect(met([timed(0, 0, 'a')], [])).toEqual([]);
  });

  it('leave nothing behind for the next part', () => {
    const reference = [timed(0, 100, 'a'), timed(6, 100, 'b')];
    met(reference, [timed(0, 5, 'x'), timed(12, 5, 'nowhere')]);
    expect(met([timed(12, 100, 'c')], [timed(12, 5, 'x')])).toEqual(['c | x']);
  });
});
