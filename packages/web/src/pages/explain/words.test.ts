import { describe, expect, it } from 'vitest';
import type { Difference, Explanation } from '../../api/index.ts';
import { conditionsFor, findingOf, grouped, percent, selectionWords, valueWords } from './words.ts';

const difference = (attribute: string, value: string | null, more: Partial<Difference> = {}): Difference => ({
  attribute,
  value,
  lcb: 0.61,
  tvd: 0.7,
  difference: 0.7,
  consequence: false,
  distinct: 2,
  values: [
    { value, selection: 82, rest: 12 },
    { value: 'other', selection: 18, rest: 88 },
  ],
  examples: { selection: [], rest: [] },
  ...more,
});
const explanation = (attributes: Difference[], selected = 100, rest = 100): Explanation => ({
  selection: { of: selected, rows: 100 },
  rest: { of: rest, rows: 100 },
  attributes,
  drill_down: [],
  notes: [],
});

describe('a comparison in words', () => {
  it('leads with the surest cause, not with what follows from it', () => {
    const found = [difference('outcome', 'failed', { consequence: true }), difference('model_version', 'v7')];
    expect(findingOf(explanation(found, 41, 1189), grouped(found), 'requests')).toEqual({
      headline: '82 % of the selected requests have model v7; 12 % of the rest do',
      sentence:
        '41 requests selected, 1,189 in the rest of the range. The share differs by at least 61 points.',
    });
  });

  it('says so where nothing differs, or one side is empty', () => {
    const none = [difference('sampler', 'euler', { lcb: 0 })];
    expect(findingOf(explanation(none), grouped(none), 'requests').headline).toBe(
      'The selected requests do not differ from the rest',
    );
    expect(findingOf(explanation([], 0), [], 'images').headline).toBe('No picture lies in the selection');
    expect(findingOf(explanation([], 5, 0), [], 'requests').headline).toBe(
      'Every request of the range is selected',
    );
  });

  it('does not take few for alike', () => {
    expect(findingOf(explanation([], 9, 400), [], 'requests').headline).toBe(
      'Too few requests are selected to say',
    );
    expect(findingOf(explanation([], 400, 9), [], 'images').headline).toBe(
      'Too few pictures are left beside the selection to say',
    );
  });

  it('tells once what tells the same', () => {
    const told = grouped([
      difference('model_version', 'v7'),
      difference('checkpoint_hash', 'c07d'),
      difference('region', 'us', { lcb: 0.2 }),
    ]);
    expect(told.map((one) => [one.attribute, one.also.map((each) => each.attribute)])).toEqual([
      ['model_version', ['checkpoint_hash']],
      ['region', []],
    ]);
  });

  it('reads two bounds as one stretch', () => {
    const now = Date.parse('2026-10-14T15:42:00Z');
    const from = Date.parse('2026-10-14T14:05:00Z');
    const chips = selectionWords(
      [`timestamp>=${from}`, `timestamp<${from + 3_600_000}`, 'latency_ms>=5000', 'outcome=failed'],
      now,
      'utc',
    );
    expect(chips.map(({ name, value }) => `${name} ${value}`)).toEqual([
      'time 14:05 – 15:05',
      'latency ≥ 5 s',
      'outcome failed',
    ]);
    expect(chips[0]!.conditions).toHaveLength(2);
  });

  it('writes bounds in the unit of their attribute', () => {
    expect(valueWords('queue_wait_ms', '>= 2946.5')).toBe('≥ 2.95 s');
    expect(valueWords('cost_usd', '>= 0.0054569')).toBe('≥ $0.0055');
    expect(valueWords('gpu_seconds', '>= 12.4029')).toBe('≥ 12.4');
    expect(valueWords('cfg', '6.5 to 7')).toBe('6.5 – 7');
    expect(valueWords('steps', '28')).toBe('28');
    expect(valueWords('workload', 'batch_panels')).toBe('batch panels');
    expect(valueWords('sampler', 'euler_a')).toBe('euler_a');
    expect(valueWords('loras', null)).toBe('not told');
  });

  it('turns values back into conditions', () => {
    expect(conditionsFor('loras', null)).toEqual(['loras=']);
    expect(conditionsFor('cfg', '6.5 to 7')).toEqual(['cfg>=6.5', 'cfg<7']);
    expect(conditionsFor('steps', '>= 28')).toEqual(['steps>=28']);
    expect(conditionsFor('sampler', 'euler_a')).toEqual(['sampler=euler_a']);
    expect([percent(0.003), percent(0.824), percent(0)]).toEqual(['< 1 %', '82 %', '0 %']);
  });
});
