import { createHash } from 'node:crypto';
import { parseRecord } from '@pegbar/contract';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { declaredOf, optOutsOf } from './declared.ts';
import type { SimulatedRecord, StageRecord } from './records.ts';
import { bundledScenarioText, loadScenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import { requestSpans } from './spans.ts';
import type { SimulationOptions } from './studio.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 20, 15, 30);

const studio = (() => {
  const loaded = loadScenario(bundledScenarioText('studio'));
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
})();

function told(options: Partial<SimulationOptions> = {}): SimulatedRecord[] {
  return [...simulate(studio, { seed: 7, from_ms: NOW - 6 * HOUR, to_ms: NOW, anchor_ms: NOW, ...options })];
}

function digest(records: readonly SimulatedRecord[]): string {
  const hash = createHash('sha256');
  for (const record of records) hash.update(`${JSON.stringify(record)}\n`);
  return hash.digest('hex');
}

const stagesOf = (records: readonly SimulatedRecord[]): StageRecord[] =>
  records.filter((record) => record.type === 'stage');

describe('rights, redactions and declared resources', () => {
  it('a person has one consent and one licence, on the prompt and on every picture of theirs', () => {
    const byUser = new Map<string, Set<string>>();
    const pictures = stagesOf(told({ from_ms: NOW - 2 * DAY })).filter((one) => one.artifacts !== undefined);
    for (const one of pictures) {
      const said = byUser.get(one.user_id_hash) ?? new Set();
      byUser.set(one.user_id_hash, said.add(`${one.consent?.state} ${one.license}`));
    }
    expect(byUser.size).toBeGreaterThan(100);
    expect([...byUser.values()].every((said) => said.size === 1)).toBe(true);
    expect(new Set(pictures.map((one) => one.consent?.state))).toEqual(
      new Set(['given', 'pending', 'withdrawn']),
    );
    expect(new Set(pictures.map((one) => one.license)).size).toBeGreaterThan(3);
  });

  it('who withdrew had consented before, and never says so before the moment', () => {
    for (const one of stagesOf(told({ from_ms: NOW - 20 * DAY, to_ms: NOW - 18 * DAY }))) {
      if (one.consent) expect(one.consent.at).toBeLessThanOrEqual(one.timestamp);
    }
  });

  it('every picture of a batch tells how it was made, and the batch how many there are', () => {
    const batches = new Map<string, StageRecord[]>();
    for (const one of stagesOf(told())) {
      if (one.workload !== 'batch_panels') continue;
      batches.set(one.request_id, [...(batches.get(one.request_id) ?? []), one]);
    }
    const whole = [...batches.values()].filter((list) => list.at(-1)?.outcome === 'succeeded');
    expect(whole.length).toBeGreaterThan(50);
    for (const list of whole) {
      const pictures = list.filter((one) => one.artifacts !== undefined);
      const generate = list.find((one) => one.pipeline_stage === 'generate');
      if (!generate) continue; // it began before the interval
      expect(generate.attributes?.['pegbar.images']).toBe(pictures.length);
      expect(pictures.every((one) => one.params?.seed === generate.params?.seed)).toBe(true);
    }
  });

  it('declares the policy of private tenants and a collection for each tenant and style', () => {
    const range = { from_ms: NOW - 28 * DAY, to_ms: NOW };
    const documents = parseAllDocuments(declaredOf(studio, range)).map((one) => one.toJS());
    const named = (kind: string): string[] =>
      documents
        .filter((one) => one.kind === kind)
        .map((one) => `${one.metadata.tenant ?? ''}/${one.metadata.name}`)
        .sort();
    expect(named('Tenant')).toEqual(['/mangatan', '/panelworks']);
    expect(named('Collection')).toContain('studio-kumo/kumo-spring');
    expect(named('Collection')).toHaveLength(6);
    // The peg of the style that drifts lies before its drift.
    const spring = documents.find((one) => one.metadata.name === 'kumo-spring');
    expect(Date.parse(spring.spec.references.to)).toBeLessThanOrEqual(NOW - 10 * DAY);
    expect(optOutsOf(studio, range)).toHaveLength(6);
  });

  it('lines of the log belong to the stages that wrote them', () => {
    const records = told({ from_ms: NOW - 2 * HOUR, spans: true });
    const spans = new Set(stagesOf(records).map((one) => one.span_id));
    const lines = records.filter((one) => one.type === 'otlp_log');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.every((one) => spans.has(one.span_id ?? ''))).toBe(true);
    expect(new Set(lines.map((one) => one.severity)).size).toBe(3);
    expect(told({ from_ms: NOW - 2 * HOUR }).some((one) => one.type === 'otlp_log')).toBe(false);
  });
});

describe('simulate', () => {
  it('says the same bytes for the same seed and others for another', () => {
    expect(digest(told())).toBe(digest(told()));
    expect(digest(told({ seed: 8 }))).not.toBe(digest(told()));
  });

  it('can be cut anywhere: two parts are the whole', () => {
    for (const cut of [NOW - 3 * HOUR, NOW - 2 * HOUR - 12_345]) {
      const parts = [...told({ to_ms: cut }), ...told({ from_ms: cut })];
      expect(digest(parts)).toBe(digest(told()));
    }
  });

  it('tells an hour the same from wherever it starts', () => {
    const hour = { from_ms: NOW - HOUR, to_ms: NOW };
    const late = told(hour);
    const early = told({ from_ms: NOW - 30 * HOUR }).filter((record) => record.timestamp >= hour.from_ms);
    expect(digest(late)).toBe(digest(early));
  });

  it('is in time order and inside its interval', () => {
    const records = told({ spans: true });
    let last = NOW - 6 * HOUR;
    for (const { timestamp } of records) {
      expect(timestamp).toBeGreaterThanOrEqual(last);
      last = timestamp;
    }
    expect(last).toBeLessThan(NOW);
  });

  it('every record is one the contract takes, with no field it does not know', () => {
    const types = new Set<string>();
    for (const record of told({ from_ms: NOW - 30 * HOUR })) {
      const parsed = parseRecord(JSON.parse(JSON.stringify(record)));
      if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.error)} in ${JSON.stringify(record)}`);
      const own = 'attributes' in record ? Object.keys(record.attributes ?? {}) : [];
      expect(Object.keys(parsed.value.attributes)).toEqual(own);
      types.add(record.type);
    }
    expect([...types].sort()).toEqual(
      [
        'boundary',
        'cache',
        'deployment',
        'embedding',
        'feedback',
        'frames',
        'gpu',
        'io',
        'model_load',
        'queue',
        'score',
        'stage',
      ].sort(),
    );
  });

  it('no identity comes twice within a tenant', () => {
    const ids = new Set<string>();
    let records = 0;
    for (const record of told({ from_ms: NOW - 2 * DAY })) {
      if (record.type === 'otlp_span' || record.type === 'otlp_log') continue;
      ids.add(`${record.tenant} ${record.event_id}`);
      records += 1;
    }
    expect(ids.size).toBe(records);
  });

  it('a request goes through its stages in order and ends once', () => {
    const byRequest = new Map<string, StageRecord[]>();
    for (const stage of stagesOf(told())) {
      const list = byRequest.get(stage.request_id) ?? [];
      list.push(stage);
      byRequest.set(stage.request_id, list);
    }
    const whole = [...byRequest.values()].filter((list) => list[0]?.pipeline_stage === 'ingest');
    const ended = whole.filter((list) => list.some((stage) => stage.outcome !== undefined));
    expect(ended.length).toBeGreaterThan(whole.length * 0.98);
    for (const list of ended) {
      expect(list.filter((stage) => stage.outcome !== undefined)).toHaveLength(1);
      expect(list.at(-1)?.outcome).toBeDefined();
      const succeeded = list.at(-1)?.outcome === 'succeeded';
      expect(list.at(-1)?.pipeline_stage === 'deliver' && list.at(-1)?.error === undefined).toBe(succeeded);
      expect(new Set(list.map((stage) => stage.trace_id)).size).toBe(1);
    }
  });

  it('traffic follows the day and the week of its region', () => {
    const week = { from_ms: NOW - 14 * DAY, to_ms: NOW, scale: 2 };
    const tokyo = new Array<number>(24).fill(0);
    const days = new Array<number>(7).fill(0);
    for (const stage of stagesOf(told(week))) {
      if (stage.pipeline_stage !== 'ingest' || stage.tenant !== 'aozora') continue;
      const local = new Date(stage.timestamp + 9 * HOUR);
      tokyo[local.getUTCHours()]! += 1;
      days[local.getUTCDay()]! += 1;
    }
    expect(tokyo[14]!).toBeGreaterThan(4 * tokyo[3]!);
    expect(days[2]!).toBeGreaterThan(1.2 * days[0]!);
  });

  it('scale multiplies the requests', () => {
    const count = (scale: number): number =>
      stagesOf(told({ scale })).filter((stage) => stage.pipeline_stage === 'ingest').length;
    const ratio = count(4) / count(1);
    expect(ratio).toBeGreaterThan(3.2);
    expect(ratio).toBeLessThan(4.8);
  });

  it('retries name what they retry', () => {
    const stages = stagesOf(told({ from_ms: NOW - 2 * DAY, scale: 2 }));
    const ids = new Set(stages.map((stage) => stage.request_id));
    const retries = stages.filter((stage) => stage.retry_of !== undefined);
    expect(retries.length).toBeGreaterThan(0);
    expect(retries.every((stage) => ids.has(stage.retry_of as string) && (stage.attempt ?? 0) > 1)).toBe(
      true,
    );
  });

  it('spans nest: every parent is there and holds its children, and stages hang below the root', () => {
    const records = told({ from_ms: NOW - HOUR, spans: true });
    const spans = records.filter((record) => record.type === 'otlp_span');
    const stages = stagesOf(records);
    const bounds = new Map<string, [number, number]>();
    for (const span of spans) bounds.set(span.span_id, [span.start_ms, span.end_ms]);
    for (const stage of stages) {
      bounds.set(stage.span_id, [stage.timestamp - stage.metrics.latency_ms, stage.timestamp]);
    }
    const inside = spans.filter((span) => span.parent_span_id !== undefined);
    expect(inside.length).toBeGreaterThan(200);
    let found = 0;
    for (const span of inside) {
      const parent = bounds.get(span.parent_span_id as string);
      if (!parent) continue;
      found += 1;
      expect(span.start_ms).toBeGreaterThanOrEqual(parent[0] - 0.001);
      expect(span.end_ms).toBeLessThanOrEqual(parent[1] + 0.001);
    }
    // Those whose parent ended outside the hour are the exception.
    expect(found).toBeGreaterThan(inside.length * 0.97);
    expect(stages.every((stage) => stage.parent_span_id !== undefined)).toBe(true);
  });

  it('without spans no stage names a parent that nobody sends, and the spans can still be made', () => {
    const stages = stagesOf(told());
    expect(stages.every((stage) => stage.parent_span_id === undefined)).toBe(true);
    const one = stages.filter((stage) => stage.request_id === stages[0]?.request_id);
    const spans = requestSpans(one);
    expect(spans[0]?.parent_span_id).toBeUndefined();
    expect(new Set(spans.map((span) => span.span_id)).size).toBe(spans.length);
  });
});
