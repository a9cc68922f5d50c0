import { describe, expect, it } from 'vitest';
import { tellsOf } from './tells.ts';

describe('what a span tells', () => {
  it('says figures in their units, and pairs as one', () => {
    const { own } = tellsOf({
      'pegbar.gpu.mem_mb': '14701',
      'pegbar.queue.wait_ms': '994',
      'pegbar.cost_usd': '0.001865',
      'pegbar.width': '640',
      'pegbar.height': '896',
      'pegbar.gpu.util': '0.89',
      'pegbar.loras': '["manga-eyes:0.5"]',
    });
    expect(own.map(({ words, value }) => `${words} ${value}`)).toEqual([
      'cost $0.0019',
      'GPU memory 14.7 GB',
      'GPU utilisation 89 %',
      'LoRA manga-eyes 0.5',
      'queue wait 994 ms',
      'size 640 × 896',
    ]);
  });

  it('puts what is the same for the whole request apart', () => {
    const { own, shared } = tellsOf({ 'pegbar.region': 'eu-west', 'http.method': 'PUT' });
    expect(shared.map(({ name }) => name)).toEqual(['region']);
    expect(own.map(({ name }) => name)).toEqual(['http.method']);
  });

  it('leaves what is no figure as it was sent', () => {
    const { own } = tellsOf({ wait_ms: 'long', 'pegbar.loras': 'a,b', size_bytes: '' });
    expect(own.map(({ value }) => value)).toEqual(['a,b', '', 'long']);
  });
});
