import { describe, expect, it } from 'vitest';
import type { SimulatedRecord, StageRecord } from './records.ts';
import { bundledScenarioText, loadScenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import { truthOf } from './truth.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 20, 15, 30);
const SPAN = { seed: 3, from_ms: NOW - 28 * DAY, to_ms: NOW };

function scenario(name: 'studio' | 'quiet') {
  const loaded = loadScenario(bundledScenarioText(name));
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
}

const truth = truthOf(scenario('studio'), SPAN);
const records: SimulatedRecord[] = [...simulate(scenario('studio'), SPAN)];
const stages: StageRecord[] = records.filter((record) => record.type === 'stage');

function planted(id: string) {
  const one = truth.find((entry) => entry.id === id);
  if (!one) throw new Error(`no ${id} in the truth`);
  const start = Date.parse(one.start);
  const end = one.end === null ? NOW : Date.parse(one.end);
  return {
    ...one,
    during: (at: number) => at >= start + one.ramp_s * 1000 && at < end,
    before: (at: number) => at < start,
  };
}

const share = (all: readonly boolean[]): number => all.filter(Boolean).length / Math.max(1, all.length);
const meanOf = (all: readonly number[]): number =>
  all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
function p95(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
}

describe('what is planted in the studio shows in its records', () => {
  it('the volume is that of a demo: about 90,000 requests and 780,000 records', () => {
    const requests = new Set(stages.map((stage) => stage.request_id)).size;
    expect(requests).toBeGreaterThan(80_000);
    expect(requests).toBeLessThan(110_000);
    expect(records.length).toBeLessThan(900_000);
  });

  it('the bad release generates slower and spoils faces, side by side with the one before', () => {
    const bad = planted('bad-release-inkwash-v7');
    const of = (version: string, stage: string): StageRecord[] =>
      stages.filter(
        (one) =>
          one.model?.version === version &&
          one.pipeline_stage === stage &&
          bad.during(one.timestamp) &&
          one.error === undefined &&
          (stage !== 'generate' || one.params?.resolution === '768x768'),
      );
    const slower =
      p95(of('inkwash-v7', 'generate').map((one) => one.metrics.latency_ms)) /
      p95(of('inkwash-v6', 'generate').map((one) => one.metrics.latency_ms));
    expect(slower).toBeGreaterThan(1.3);
    expect(slower).toBeLessThan(1.6);
    const faces = (version: string): number =>
      share(of(version, 'postprocess').map((one) => one.quality?.face_ok === true));
    expect(faces('inkwash-v6') - faces('inkwash-v7')).toBeGreaterThan(0.14);
    const aesthetic = (version: string): number =>
      meanOf(of(version, 'postprocess').map((one) => one.quality?.aesthetic ?? 0));
    expect(aesthetic('inkwash-v7') / aesthetic('inkwash-v6')).toBeLessThan(0.9);
    expect(bad.release).toBe('inkwash-v7');
    expect(bad.end).toBeNull();
  });

  it('old and new release have pairs of equal prompt, seed and size', () => {
    const pairs = stages.filter(
      (one) => one.traffic_source === 'evaluation' && one.pipeline_stage === 'generate',
    );
    const versions = (name: string): Set<string | undefined> =>
      new Set(
        pairs
          .filter((one) => one.model?.version === name)
          .map((one) => `${one.params?.seed} ${one.params?.resolution}`),
      );
    expect(versions('inkwash-v7').size).toBe(64);
    expect(versions('inkwash-v7')).toEqual(versions('inkwash-v6'));
  });

  it('style distance of one collection climbs while the others stay', () => {
    const drift = planted('style-drift-kumo-spring');
    const distance = (collection: string, when: (at: number) => boolean): number =>
      meanOf(
        stages
          .filter((one) => one.collection === collection && one.quality && when(one.timestamp))
          .filter((one) => one.model?.version !== 'inkwash-v7')
          .map((one) => one.quality?.style_distance ?? 0),
      );
    const moved = distance('kumo-spring', drift.during) - distance('kumo-spring', drift.before);
    expect(moved).toBeGreaterThan(0.08);
    expect(
      Math.abs(distance('campus-days', drift.during) - distance('campus-days', drift.before)),
    ).toBeLessThan(0.01);
  });

  it('prompts of mangatan change their words, those of the others do not', () => {
    const drift = planted('prompt-drift-mangatan');
    const summer = (tenant: string, when: (at: number) => boolean): number =>
      share(
        stages
          .filter((one) => one.tenant === tenant && one.prompt && when(one.timestamp))
          .map((one) => /beach|summer|festival|swimsuit/.test(one.prompt?.text ?? '')),
      );
    expect(summer('mangatan', drift.before)).toBe(0);
    expect(summer('mangatan', drift.during)).toBeGreaterThan(0.5);
    expect(summer('studio-kumo', drift.during)).toBe(0);
  });

  it('the LoRA change makes a fifth of the standard cards run out of memory, until it is rolled back', () => {
    const burst = planted('oom-ink-detail-xl');
    const ooms = (when: (at: number) => boolean): number =>
      share(
        stages
          .filter(
            (one) => one.tenant === 'panelworks' && one.pipeline_stage === 'generate' && when(one.timestamp),
          )
          .filter((one) => one.resources?.hardware_class === 'standard')
          .map((one) => one.error?.code === 'oom'),
      );
    expect(ooms(burst.before)).toBeLessThan(0.005);
    expect(ooms(burst.during)).toBeGreaterThan(0.12);
    const marks = records.filter((one) => one.type === 'deployment' && one.id === burst.deployment);
    expect(marks.map((one) => (one.type === 'deployment' ? one.status : ''))).toEqual([
      'start',
      'rolled_back',
    ]);
  });

  it('the queue surge brings traffic, waits and denials', () => {
    const surge = planted('queue-surge-panelworks');
    const mine = stages.filter((one) => one.tenant === 'panelworks');
    const waits = (when: (at: number) => boolean): number =>
      p95(
        mine.filter((one) => one.params && when(one.timestamp)).map((one) => one.metrics.queue_wait_ms ?? 0),
      );
    expect(waits(surge.during) / waits(surge.before)).toBeGreaterThan(6);
    const denied = mine.filter((one) => one.outcome === 'rejected' && one.error?.code === 'internal');
    expect(denied.length).toBeGreaterThan(5);
    const samples = records.filter(
      (one) => one.type === 'queue' && one.tenant === 'panelworks' && surge.during(one.timestamp),
    );
    expect(meanOf(samples.map((one) => (one.type === 'queue' ? one.depth : 0)))).toBeGreaterThan(15);
  });

  it('the NSFW rate of mangatan is several times what it was', () => {
    const rise = planted('nsfw-rise-mangatan');
    const flagged = (when: (at: number) => boolean): number =>
      share(
        stages
          .filter((one) => one.tenant === 'mangatan' && one.quality && when(one.timestamp))
          .map((one) => one.quality?.nsfw_flag === true),
      );
    expect(flagged(rise.during) / flagged(rise.before)).toBeGreaterThan(3.5);
  });

  it('the CDN takes delivered frames and leaves produced ones', () => {
    const cdn = planted('cdn-slow-ap-tokyo');
    const fps = (side: string, region: string, when: (at: number) => boolean): number =>
      meanOf(
        records
          .filter(
            (one) =>
              one.type === 'frames' && one.side === side && one.region === region && when(one.timestamp),
          )
          .map((one) => (one.type === 'frames' ? one.frames / one.playing_s : 0)),
      );
    expect(fps('delivered', 'ap-tokyo', cdn.before)).toBeGreaterThan(27);
    expect(fps('delivered', 'ap-tokyo', cdn.during)).toBeLessThan(20);
    expect(fps('produced', 'ap-tokyo', cdn.during)).toBeGreaterThan(27);
  });

  it('the cache warm-up looks like trouble and was announced', () => {
    const warmUp = planted('planned-warm-up');
    expect(warmUp.alarming).toBe(false);
    const hits = (when: (at: number) => boolean): number => {
      const mine = records.filter(
        (one) => one.type === 'cache' && one.tenant === 'studio-kumo' && when(one.timestamp),
      );
      const sum = (key: 'hits' | 'misses'): number =>
        mine.reduce((total, one) => total + (one.type === 'cache' ? one[key] : 0), 0);
      return sum('hits') / (sum('hits') + sum('misses'));
    };
    expect(hits(warmUp.before)).toBeGreaterThan(0.9);
    expect(hits(warmUp.during)).toBeLessThan(0.45);
    const marks = records.filter((one) => one.type === 'deployment' && one.id === warmUp.deployment);
    expect(marks.map((one) => (one.type === 'deployment' ? [one.kind, one.status] : []))).toEqual([
      ['planned_load', 'start'],
      ['planned_load', 'end'],
    ]);
  });

  it('the truth begins with quiet weeks, and the defaults hold in them', () => {
    const quiet = truth[0];
    expect(quiet?.kind).toBe('quiet');
    const until = Date.parse(quiet?.end ?? '');
    expect(until - SPAN.from_ms).toBeGreaterThan(14 * DAY);
    const calm = stages.filter((one) => one.timestamp < until);
    const ended = calm.filter(
      (one) => one.outcome === 'succeeded' || one.outcome === 'failed' || one.outcome === 'timed_out',
    );
    const burnt = ended.filter((one) => one.error?.code === 'oom' || one.error?.code === 'timeout');
    expect(burnt.length / ended.length).toBeLessThan(0.005);
    const batch = ended.filter((one) => one.workload === 'batch_panels');
    expect(share(batch.map((one) => one.outcome === 'succeeded'))).toBeGreaterThan(0.995);
  });

  it('the quiet scenario plants nothing, and says so', () => {
    const entries = truthOf(scenario('quiet'), SPAN);
    expect(entries.map((entry) => entry.kind)).toEqual(['quiet']);
  });
});
