import { ROLLUP_PAIRS, type RollupMetricName } from '@pegbar/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS, PAIR_SEPARATOR, RollupBuilder, type RollupRow } from './builder.ts';

interface Fact {
  tenant: string;
  hour: number;
  stage: string;
  values: readonly string[];
  metric: RollupMetricName;
  value: number;
}

const word = fc.constantFrom('', 'a', 'b', 'v6 beta');
/** Metrics of stages under a stage, those of requests under none, as the readers count them. */
const fact: fc.Arbitrary<Fact> = fc
  .record({
    tenant: fc.constantFrom('t1', 't2'),
    hour: fc.constantFrom(0, 3_600_000),
    stage: fc.constantFrom('', 'generate', 'deliver'),
    values: fc.array(word, { minLength: DIMENSIONS.length, maxLength: DIMENSIONS.length }),
    ofRequest: fc.constantFrom<RollupMetricName>('requests', 'latency_ms', 'queue_wait_ms'),
    ofStage: fc.constantFrom<RollupMetricName>('stages', 'stage_ms', 'queue_wait_ms', 'cost_usd'),
    value: fc.integer({ min: 0, max: 4000 }).map((quarters) => quarters / 4),
  })
  .map(({ ofRequest, ofStage, ...one }) => ({ ...one, metric: one.stage === '' ? ofRequest : ofStage }));

const keyOf = (...parts: (string | number)[]): string => JSON.stringify(parts);

/** The marginals by definition: every fact counts in each of its groups. */
function bruteForce(facts: readonly Fact[]): Map<string, { n: number; sum: number }> {
  const out = new Map<string, { n: number; sum: number }>();
  for (const { tenant, hour, stage, values, metric, value } of facts) {
    const groups = [
      ['all', ''],
      ...DIMENSIONS.map((dim, at) => [dim, values[at]!]),
      ...ROLLUP_PAIRS.map((pair) => [
        pair.join('*'),
        pair
          .map((dim) => values[DIMENSIONS.indexOf(dim as (typeof DIMENSIONS)[number])])
          .join(PAIR_SEPARATOR),
      ]),
    ] as [string, string][];
    // The wait of a request and that before a stage are two things under one name.
    const over = metric === 'queue_wait_ms' ? [stage] : [...new Set(['', stage])];
    for (const [dim, name] of groups)
      for (const under of over) {
        if (under !== '' && dim.includes('*')) continue;
        const key = keyOf(tenant, hour, metric, under, dim, name);
        const row = out.get(key) ?? { n: 0, sum: 0 };
        row.n++;
        row.sum += value;
        out.set(key, row);
      }
  }
  return out;
}

function built(facts: readonly Fact[]): RollupRow[] {
  const builder = new RollupBuilder();
  for (const { tenant, hour, stage, values, metric, value } of facts)
    builder.combination(tenant, hour, stage, values).count(metric, value);
  return builder.rows();
}

describe('the marginals', () => {
  it('equal a count by definition: all, each dimension, each stored pair, by stage and over stages', () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 60 }), (facts) => {
        const rows = built(facts);
        const told = new Map(
          rows.map((row) => [
            keyOf(row.tenant, row.t_ms, row.metric, row.stage, row.dim, row.value),
            { n: row.tally.n, sum: row.tally.micro / 1e6 },
          ]),
        );
        expect(told.size).toBe(rows.length);
        expect(told).toEqual(bruteForce(facts));
      }),
      { numRuns: 200 },
    );
  });

  it('count exactly beyond what floats can add up', () => {
    const facts = Array.from(
      { length: 100_000 },
      (): Fact => ({
        tenant: 't',
        hour: 0,
        stage: 'generate',
        values: DIMENSIONS.map(() => ''),
        metric: 'cost_usd',
        value: 0.1,
      }),
    );
    const all = built(facts).find((row) => row.dim === 'all' && row.stage === '');
    expect(all?.tally).toMatchObject({ n: 100_000, micro: 100_000 * 100_000 });
  });
});

it('counts a session once under every value that it used, however many combinations it stands in', () => {
  const builder = new RollupBuilder();
  const values = (region: string, model: string): string[] =>
    DIMENSIONS.map((dim) => (dim === 'region' ? region : dim === 'model_version' ? model : ''));
  for (const [region, model, session] of [
    ['eu', 'v6', 's1'],
    ['eu', 'v7', 's1'],
    ['us', 'v7', 's1'],
    ['us', 'v7', 's2'],
  ] as const)
    builder.combination('t', 0, '', values(region, model)).sessions.add(session);
  const n = (dim: string, value: string): number | undefined =>
    builder.rows().find((row) => row.metric === 'sessions' && row.dim === dim && row.value === value)?.tally
      .n;
  expect([n('all', ''), n('region', 'eu'), n('region', 'us')]).toEqual([2, 1, 2]);
  expect([n('model_version', 'v6'), n('model_version', 'v7')]).toEqual([1, 2]);
});
