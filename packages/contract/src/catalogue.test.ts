import { describe, expect, test } from 'vitest';
import { errorsPage, kpisPage } from './generators/docs.ts';
import {
  ATTRIBUTES,
  apiError,
  attributeOf,
  columnOf,
  ERROR_CODES,
  ERRORS,
  type ErrorCode,
  errorCodeOf,
  formulaOf,
  KPI_NAMES,
  KPIS,
  type Kpi,
  kpiValue,
  type MetricReading,
  metricsOf,
  ROLLUP_METRICS,
  type RollupMetricName,
  tableOf,
} from './index.ts';

describe('the error catalogue', () => {
  test.each<[ErrorCode, number]>([
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['method_not_allowed', 405],
    ['too_large', 413],
    ['unsupported_media_type', 415],
    ['overloaded', 429],
    ['internal', 500],
    ['unavailable', 503],
  ])('%s is answered with %i', (code, status) => {
    expect(apiError(code, 'm').status).toBe(status);
  });

  test('an answer carries the cure of the catalogue unless it has a better one', () => {
    expect(apiError('not_found', 'no request r1').body).toEqual({
      error: { code: 'not_found', message: 'no request r1', hint: ERRORS.not_found.cure },
    });
    expect(apiError('invalid_request', 'm', { field: 'from', hint: 'h' }).body.error).toEqual({
      code: 'invalid_request',
      message: 'm',
      field: 'from',
      hint: 'h',
    });
  });

  test('what clients may send again is answered with a status and a gRPC code that OTLP retries', () => {
    for (const code of ['overloaded', 'unavailable', 'disk_full', 'engine_unavailable'] as const) {
      expect([429, 503]).toContain(ERRORS[code].http);
      expect(ERRORS[code].grpc).toBe(14);
    }
  });

  test('every code stands on the page of errors, with a meaning and a cure', () => {
    const page = errorsPage();
    for (const code of ERROR_CODES) {
      expect(page).toContain(`| \`${code}\` |`);
      expect(ERRORS[code].meaning.length * ERRORS[code].cure.length).toBeGreaterThan(0);
    }
  });

  test.each([
    ['oom', 'oom'],
    ['OutOfMemoryError', 'oom'],
    ['torch.OutOfMemoryError', 'oom'],
    ['CUDA_ERROR_ILLEGAL_ADDRESS', 'cuda'],
    ['TimeoutError', 'timeout'],
    ['timed out', 'timeout'],
    ['504', 'timeout'],
    ['content_filter', 'safety_block'],
    ['CancelledError', 'cancelled'],
    ['ValueError', 'invalid_config'],
    ['400', 'invalid_config'],
    ['500', 'internal'],
    ['what?', 'internal'],
  ])('an error called %s is %s', (word, code) => {
    expect(errorCodeOf(word)).toBe(code);
  });
});

describe('the attribute map', () => {
  /** Columns of spans that no attribute may fill: the span itself says them, or Pegbar computes them. */
  const OWN = new Set(
    'timestamp trace_id span_ids span_id parent_span_id source status lora_weights prompt_hash prompt_words prompt_script prompt_tags prompt_bins negative_chars name kind scope resource trace_state links attributes part seg'.split(
      ' ',
    ),
  );

  test('has an attribute for every column of spans that a sender may fill', () => {
    const filled = new Set(ATTRIBUTES.map(({ column }) => column));
    const open = tableOf('spans').columns.filter(({ name }) => !filled.has(name) && !OWN.has(name));
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  test.each([
    'tenant',
    'region',
    'workload',
    'model_version',
    'hardware_class',
    'pipeline_stage',
    'request_id',
    'image_id',
  ])('%s is filled by the same names on traces, metrics and logs', (column) => {
    for (const { names } of ATTRIBUTES.filter((each) => each.column === column)) {
      for (const name of names) {
        expect(['span', 'point', 'log'].map((level) => columnOf(name, level as 'span'))).toEqual([
          column,
          column,
          column,
        ]);
      }
    }
  });

  test('knows the names that other instrumentations use', () => {
    expect(columnOf('gen_ai.request.model', 'span')).toBe('model_version');
    expect(columnOf('gen_ai.request.seed', 'span')).toBe('seed');
    expect(columnOf('cloud.region', 'resource')).toBe('region');
    expect(columnOf('service.name', 'resource')).toBe('service');
    expect(attributeOf('enduser.id', 'span')?.kind).toBe('user');
    expect(attributeOf('gen_ai.prompt', 'span')?.kind).toBe('prompt');
    expect(attributeOf('error.type', 'span')?.kind).toBe('error');
    expect(attributeOf('latency_ms', 'span')?.kind).toBe('derived');
  });

  test('leaves what is about one request, and what no column takes, where it is', () => {
    expect(columnOf('pegbar.seed', 'resource')).toBeUndefined();
    expect(columnOf('pegbar.sampler', 'log')).toBeUndefined();
    expect(columnOf('deployment.environment.name', 'resource')).toBeUndefined();
  });
});

/** The list of outside.md. */
const NAMES =
  'requests, succeeded, failed, timed_out, blocked, cancelled, rejected, availability, error_rate, timeout_rate, oom_rate, retry_rate, latency_p50_ms, latency_p95_ms, latency_p99_ms, queue_wait_p95_ms, queue_depth, images, frames, images_per_s, frames_per_s, jobs_per_min, cost_usd, cost_per_1k_images_usd, cost_per_accepted_image_usd, gpu_hours, gpu_hours_per_1k_images, gpu_util, vram_headroom, model_load_p95_ms, cache_hit_ratio, acceptance_rate, edit_rate, rerolls_per_session, aesthetic_mean, clip_i_mean, style_distance_mean, face_ok_rate, watermark_rate, nsfw_rate, policy_block_rate, produced_fps, delivered_fps, fps_deviation, dropped_frame_ratio, duplicated_frame_ratio';

describe('the KPIs', () => {
  const counts = (sums: Partial<Record<RollupMetricName, number>>) => (name: RollupMetricName) => {
    const sum = sums[name];
    return sum === undefined ? undefined : ({ n: sum, sum, quantile: () => sum } satisfies MetricReading);
  };
  const value = (
    name: (typeof KPI_NAMES)[number],
    sums: Partial<Record<RollupMetricName, number>>,
    byStage = false,
  ) => kpiValue(formulaOf(name, byStage), counts(sums), 60);

  test('are those of the published list, in its order', () => {
    expect(KPI_NAMES).toEqual(NAMES.split(', '));
  });

  test('rest on rollup metrics that exist, and quantiles and means on metrics with a grid', () => {
    const byName = new Map<string, (typeof ROLLUP_METRICS)[number]>(
      ROLLUP_METRICS.map((each) => [each.name, each]),
    );
    for (const kpi of KPIS as readonly Kpi[]) {
      for (const formula of [kpi.needs, kpi.needsByStage ?? kpi.needs]) {
        for (const metric of metricsOf(formula)) {
          expect(byName.has(metric)).toBe(true);
          if (['quantile', 'mean', 'shortfall'].includes(formula.op))
            expect(byName.get(metric)?.grid).not.toBe('none');
        }
      }
    }
  });

  test('availability leaves blocked, cancelled, rejected and pending requests out', () => {
    const sums = {
      succeeded: 97,
      failed: 2,
      timed_out: 1,
      blocked: 10,
      cancelled: 5,
      rejected: 5,
      pending: 3,
    };
    expect(value('availability', sums)).toEqual({ value: 0.97, n: 100 });
    expect(value('error_rate', sums)).toEqual({ value: 0.03, n: 100 });
    expect(value('policy_block_rate', sums)).toEqual({ value: 10 / 110, n: 110 });
  });

  test('the error rate of a stage is that of its stages', () => {
    expect(value('error_rate', { failed: 9, succeeded: 1, stages: 50, errors: 1 }, true)).toEqual({
      value: 0.02,
      n: 50,
    });
  });

  test('cost, GPU-hours and throughput are scaled as their names say', () => {
    expect(value('cost_per_1k_images_usd', { cost_usd: 3, images: 1500 }).value).toBe(2);
    expect(value('gpu_hours', { gpu_seconds: 7200 }).value).toBe(2);
    expect(value('gpu_hours_per_1k_images', { gpu_seconds: 7200, images: 4000 }).value).toBeCloseTo(0.5, 12);
    expect(value('images_per_s', { images: 120 }).value).toBe(2);
    expect(value('jobs_per_min', { requests: 30 }).value).toBe(30);
  });

  test('FPS deviation is the share of the produced FPS that does not arrive', () => {
    const read = (name: RollupMetricName): MetricReading => ({
      n: 10,
      sum: name === 'produced_fps' ? 240 : 180,
      quantile: () => undefined,
    });
    expect(kpiValue(formulaOf('fps_deviation', false), read, 60)).toEqual({ value: 0.25, n: 10 });
  });

  test('are null where there is nothing to say', () => {
    for (const name of KPI_NAMES) {
      const { op } = formulaOf(name, false);
      expect(kpiValue(formulaOf(name, false), () => undefined, 60).value).toBe(
        op === 'sum' || op === 'rate' ? 0 : null,
      );
    }
  });

  test('stand on the page of KPIs with their formulas', () => {
    const page = kpisPage();
    for (const { name, formula } of KPIS) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(page).toContain(formula);
    }
  });
});
