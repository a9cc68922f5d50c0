import { describe, expect, it } from 'vitest';
import { chosenOf, fieldWords, replaced, toggled } from './filters.ts';

describe('conditions', () => {
  it('take a value in and out, and hold values of one field as alternatives', () => {
    const one = toggled(['region=us'], 'outcome', 'failed');
    expect(one).toEqual(['region=us', 'outcome=failed']);
    const two = toggled(one, 'outcome', 'timed_out');
    expect(two).toEqual(['region=us', 'outcome in failed,timed_out']);
    expect(chosenOf(two, 'outcome')).toEqual(['failed', 'timed_out']);
    expect(toggled(toggled(two, 'outcome', 'failed'), 'outcome', 'timed_out')).toEqual(['region=us']);
  });

  it('hold a value with a comma, or none at all, alone', () => {
    expect(toggled(['loras=a'], 'loras', 'b, c')).toEqual(['loras=b, c']);
    expect(toggled(['error_code=oom'], 'error_code', '')).toEqual(['error_code=']);
  });

  it('replace bounds and leave choices', () => {
    const filters = ['latency_ms>=5000', 'outcome=failed'];
    expect(replaced(filters, 'latency_ms', ['>=', '>'], 'latency_ms>=10000')).toEqual([
      'outcome=failed',
      'latency_ms>=10000',
    ]);
    expect(replaced(filters, 'latency_ms', ['>='], null)).toEqual(['outcome=failed']);
  });

  it('read as words', () => {
    expect(['model_version', 'attributes.host', 'width'].map(fieldWords)).toEqual(['model', 'host', 'width']);
  });
});
