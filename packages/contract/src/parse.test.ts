import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { wireOf } from './groups.ts';
import {
  canonicalText,
  type PegbarRecord,
  parseLine,
  parseRecord,
  RECORD_TYPES,
  RECORDS,
  type StageEvent,
  type StageInput,
  toWire,
} from './index.ts';
import { MAX_ATTRIBUTES, MAX_LIST_ITEMS } from './limits.ts';

/** Every field of the reference event of product.md, under its name there. */
const REFERENCE = {
  event_id: 'evt-1',
  request_id: 'req-1',
  session_id: 'ses-1',
  user_id_hash: 'u-1',
  timestamp: '2026-03-01T12:00:00.123456789Z',
  region: 'eu-west',
  tenant: 'studio-a',
  workload: 'animation',
  traffic_source: 'app',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
  parent_span_id: '00f067aa0ba902b8',
  image_id: 'img-1',
  sequence_id: 'seq-1',
  attempt: 2,
  retry_of: 'req-0',
  collection: 'moonlit',
  pipeline_stage: 'generate',
  boundary: 'inference_finished',
  outcome: 'failed',
  model: {
    family: 'sdxl',
    version: 'v7',
    checkpoint_hash: 'abc123',
    loras: [
      { id: 'lineart', weight: 0.8 },
      { id: 'flat', weight: -0.5 },
    ],
  },
  params: {
    sampler: 'euler_a',
    scheduler: 'karras',
    steps: 28,
    cfg: 6.5,
    seed: '18446744073709551615',
    resolution: { width: 768, height: 1152 },
    denoise: 0.6,
  },
  workflow: '{"3":{"class_type":"KSampler"}}',
  prompt: { text: '1girl, 夜', negative: 'blurry', length: 8, tokens: 5, language: 'ja', redactions: 1 },
  conditioning: { reference_images: ['ref-1'], control_maps: ['openpose'], embeddings: ['easynegative'] },
  resources: { gpu_type: 'L40S', gpu_mem_mb: 21000, gpu_count: 2, batch_size: 4, hardware_class: 'standard' },
  metrics: {
    latency_ms: 4200.5,
    rps: 1.5,
    gpu_util: 0.93,
    gpu_seconds: 4.1,
    cost_usd: 0.0021,
    queue_wait_ms: 120,
  },
  quality: {
    clip_i: 0.71,
    aesthetic: 6.2,
    nsfw_flag: false,
    toxicity: 0.01,
    face_ok: true,
    pose_ok: false,
    style_distance: 0.33,
    watermark: false,
  },
  error: { code: 'oom', message: 'CUDA out of memory', retriable: true },
  artifacts: { image_uri: 's3://b/i.png', thumb_uri: 's3://b/t.webp', embedding_uri: 's3://b/e.npy' },
  consent: { state: 'granted', at: '2026-02-01T00:00:00.000Z' },
  license: 'cc-by-4.0',
} satisfies StageInput;

const MINIMAL: Record<string, Record<string, unknown>> = {
  stage: { request_id: 'r', pipeline_stage: 'generate' },
  boundary: { request_id: 'r', boundary: 'frame_emitted' },
  score: { image_id: 'i', name: 'aesthetic', value: 6.1, scorer: 'laion', scorer_version: '1' },
  feedback: { image_id: 'i', action: 'accept' },
  deployment: { id: 'd', kind: 'model', version: 'v7', status: 'start' },
  frames: { sequence_id: 's', side: 'delivered', window_s: 1, frames: 24, interval_ms: { p50: 41, max: 90 } },
  queue: { queue: 'gpu', depth: 3, wait_ms: 20, admitted: 4, denied: 0 },
  model_load: { action: 'load', duration_ms: 22_700, hit: false },
  cache: { cache: 'vae', hits: 3, misses: 1 },
  io: { host: 'h1', disk_read_bps: 1e9, io_wait: 0.1 },
  gpu: { host: 'h1', gpu_id: 0, util: 0.9, mem_used_mb: 1000, mem_total_mb: 24_000 },
  artifact: { image_id: 'i', uri: 'file:///a.png', kind: 'image', consent: 'granted' },
  embedding: {
    image_id: 'i',
    embedder: 'clip',
    embedder_version: '1',
    vector: [0.5, -1],
    palette: ['#c81e1e 0.42'],
  },
};

const stage = (more: Record<string, unknown>): Record<string, unknown> => ({
  timestamp: 1_760_000_000_000,
  ...MINIMAL.stage,
  ...more,
});
const read = (json: unknown): PegbarRecord => {
  const parsed = parseRecord(json);
  if (!parsed.ok) throw new Error(`${parsed.error.field}: ${parsed.error.message}`);
  return parsed.value;
};
const readStage = (more: Record<string, unknown>): StageEvent => read(stage(more)) as StageEvent;
const refusal = (json: unknown) => {
  const parsed = parseRecord(json);
  if (parsed.ok) throw new Error('was taken');
  return parsed.error;
};

describe('the reference event', () => {
  test('survives a round trip with every field', () => {
    expect(toWire(read(REFERENCE))).toEqual({ ...REFERENCE, type: 'stage', attributes: {} });
  });

  test('has no field in the schema that this example leaves out', () => {
    expect(Object.keys(RECORDS.stage).sort()).toEqual(Object.keys(REFERENCE).sort());
    for (const [name, kind] of Object.entries(RECORDS.stage)) {
      const given = (REFERENCE as Record<string, unknown>)[name];
      if ('members' in kind && kind.members !== undefined) {
        expect(Object.keys(kind.members).sort()).toEqual(Object.keys(given as object).sort());
      }
    }
  });

  test('takes loras as ids, as id:weight and as objects', () => {
    const { model } = readStage({ model: { loras: ['a', 'b:0.5', { id: 'c', weight: 0.25 }, 'x:y'] } });
    expect(model?.loras).toEqual([
      { id: 'a', weight: 1 },
      { id: 'b', weight: 0.5 },
      { id: 'c', weight: 0.25 },
      { id: 'x:y', weight: 1 },
    ]);
  });

  test('takes a resolution as text and as an object', () => {
    expect(readStage({ params: { resolution: '768x512' } }).params?.resolution).toEqual({
      width: 768,
      height: 512,
    });
    expect(readStage({ width: 640, height: 480 }).params?.resolution).toEqual({ width: 640, height: 480 });
  });

  test('takes the model as plain text and model_id as its version', () => {
    expect(readStage({ model: 'v9' }).model).toEqual({ version: 'v9' });
    expect(readStage({ model_id: 'v9', model: { family: 'wan' } }).model).toEqual({
      family: 'wan',
      version: 'v9',
    });
  });

  test('keeps the loser where a flat name and a group disagree', () => {
    const event = readStage({ model_id: 'v8', model: { version: 'v9' } });
    expect([event.model?.version, event.attributes]).toEqual(['v9', { model_id: 'v8' }]);
  });

  test('keeps unknown fields as flattened text', () => {
    const event = readStage({
      shot: { no: 12, tags: ['night'] },
      model: { quant: 'fp8' },
      attributes: { farm: 'a' },
      __proto__x: 1,
    });
    expect(event.attributes).toEqual({
      'shot.no': '12',
      'shot.tags': '["night"]',
      'model.quant': 'fp8',
      farm: 'a',
      __proto__x: '1',
    });
  });

  test('takes null and empty text for not said', () => {
    expect(readStage({ region: null, outcome: '', model: null, params: { seed: null } })).toEqual({
      type: 'stage',
      attributes: {},
      request_id: 'r',
      pipeline_stage: 'generate',
      timestamp: { ms: 1_760_000_000_000, ns: 0 },
      params: {},
    });
  });

  test('takes the trace id for the request where no request is said', () => {
    const event = readStage({ request_id: null, trace_id: REFERENCE.trace_id.toUpperCase() });
    expect(event.request_id).toBe(REFERENCE.trace_id);
  });

  test('maps the error words of generators to the taxonomy and keeps the word', () => {
    const event = readStage({ error: { code: 'torch.cuda.OutOfMemoryError' } });
    expect(event.error?.code).toBe('oom');
    expect(event.attributes).toEqual({ 'error.code': 'torch.cuda.OutOfMemoryError' });
  });
});

describe('times', () => {
  test.each([
    ['2026-03-01T12:00:00Z', 1_772_366_400_000, 0],
    ['2026-03-01T13:00:00.5+01:00', 1_772_366_400_500, 0],
    ['2026-03-01T12:00:00', 1_772_366_400_000, 0],
    ['2026-03-01 12:00:00.000000001Z', 1_772_366_400_000, 1],
    [1_772_366_400_000, 1_772_366_400_000, 0],
    ['1772366400000', 1_772_366_400_000, 0],
    [1_772_366_400_000.25, 1_772_366_400_000, 250_000],
  ])('%s is read', (timestamp, ms, ns) => {
    expect(readStage({ timestamp }).timestamp).toEqual({ ms, ns });
  });

  test.each([
    [1_772_366_400, 'timestamp_out_of_range'],
    [1_772_366_400_000_000, 'timestamp_out_of_range'],
    ['2026-02-30T25:00:00Z', 'invalid_record'],
    ['2026-02-31T12:00:00Z', 'invalid_record'],
    ['yesterday', 'invalid_record'],
    [{}, 'invalid_record'],
  ])('%s is refused', (timestamp, code) => {
    expect(refusal(stage({ timestamp }))).toMatchObject({ code, field: 'timestamp' });
  });
});

describe('seeds', () => {
  test('keep all 64 bits of a JSON number in a line', () => {
    const line =
      '{"timestamp":1760000000000,"request_id":"r","pipeline_stage":"generate","params":{"seed":18446744073709551615}}';
    const parsed = parseLine(line);
    expect(parsed.ok && (parsed.value as StageEvent).params?.seed).toBe('18446744073709551615');
  });

  test('and other whole numbers beyond 2^53 stay exact where they are unknown fields', () => {
    const parsed = parseLine(
      '{"timestamp":1760000000000,"request_id":"r","pipeline_stage":"deliver","a":9007199254740993,"b":-9007199254740993}',
    );
    expect(parsed.ok && parsed.value.attributes).toEqual({ a: '9007199254740993', b: '-9007199254740993' });
  });

  test('inside a text are left as they are', () => {
    const workflow = JSON.stringify({ seed: 1, note: '"seed": 18446744073709551615}' });
    const parsed = parseLine(JSON.stringify(stage({ workflow })));
    expect(parsed.ok && (parsed.value as StageEvent).workflow).toBe(workflow);
  });

  test.each([-1, 1.5, '18446744073709551616', 2 ** 64, 'abc', true])('%s is refused', (seed) => {
    expect(refusal(stage({ params: { seed } })).field).toBe('params.seed');
  });
});

describe('a workflow graph', () => {
  const graph = { 3: { class_type: 'KSampler', inputs: { seed: 7 } } };

  test('is taken as an object or as its text, and a name of one stays an attribute', () => {
    const read = (workflow: unknown) => {
      const parsed = parseRecord(stage({ workflow }));
      return parsed.ok && [(parsed.value as StageEvent).workflow, parsed.value.attributes];
    };
    expect(read(graph)).toEqual([JSON.stringify(graph), {}]);
    expect(read(JSON.stringify(graph))).toEqual([JSON.stringify(graph), {}]);
    expect(read('hires fix v2')).toEqual([undefined, { workflow: 'hires fix v2' }]);
  });

  test('that is too large, or no graph, is refused', () => {
    expect(refusal(stage({ workflow: { note: 'x'.repeat(262_144) } }))).toMatchObject({
      code: 'too_large',
      field: 'workflow',
    });
    expect(refusal(stage({ workflow: [1] })).field).toBe('workflow');
  });
});

describe('refusals', () => {
  test.each([
    [null, '', 'invalid_record'],
    [[], '', 'invalid_record'],
    [{ type: 'span' }, 'type', 'unknown_type'],
    [{ request_id: 'r' }, 'timestamp', 'missing_field'],
    [{ timestamp: 1.76e12, pipeline_stage: 'generate' }, 'request_id', 'missing_field'],
    [{ timestamp: 1.76e12, request_id: 'r' }, 'pipeline_stage', 'missing_field'],
    [stage({ pipeline_stage: 'render' }), 'pipeline_stage', 'invalid_record'],
    [stage({ trace_id: 'xyz' }), 'trace_id', 'invalid_id'],
    [stage({ span_id: '0000000000000000' }), 'span_id', 'invalid_id'],
    [stage({ metrics: { latency_ms: -1 } }), 'metrics.latency_ms', 'invalid_record'],
    [stage({ metrics: { gpu_util: 87 } }), 'metrics.gpu_util', 'invalid_record'],
    [stage({ model: { loras: [{ weight: 1 }] } }), 'model.loras.0.id', 'missing_field'],
    [stage({ model: { loras: Array(MAX_LIST_ITEMS + 1).fill('a') } }), 'model.loras', 'too_many_values'],
    [stage({ region: 'x'.repeat(600) }), 'region', 'too_large'],
    [stage({ params: 7 }), 'params', 'invalid_record'],
    [{ type: 'score', timestamp: 1.76e12, name: 'aesthetic', image_id: 'i' }, 'value', 'missing_field'],
    [{ type: 'score', timestamp: 1.76e12, name: 'aesthetic', value: 1 }, 'image_id', 'missing_field'],
    [{ type: 'deployment', timestamp: 1.76e12, kind: 'model', status: 'start' }, 'version', 'missing_field'],
  ])('%j names the field and the code', (json, field, code) => {
    const error = refusal(json);
    expect([error.field, error.code]).toEqual([field, code]);
    expect(error.message.length).toBeGreaterThan(10);
  });

  test('more attributes than the limit are refused, not cut', () => {
    const attributes = Object.fromEntries(Array.from({ length: MAX_ATTRIBUTES + 1 }, (_, i) => [`k${i}`, i]));
    expect(refusal(stage({ attributes })).code).toBe('too_many_values');
  });

  test('a line that is not JSON says so', () => {
    const parsed = parseLine('{"a":');
    expect(parsed.ok ? '' : parsed.error.code).toBe('invalid_json');
  });
});

describe('every record type', () => {
  test.each([...RECORD_TYPES])('%s is read from its least form and survives a round trip', (type) => {
    const record = read({ type, timestamp: 1_760_000_000_000, ...MINIMAL[type] });
    expect(record.type).toBe(type);
    expect(record.attributes).toEqual({});
    expect(read(toWire(record))).toEqual(record);
  });

  test.each([...RECORD_TYPES])('%s: what the reader takes, the schema takes', (type) => {
    const schema = z.looseObject(wireOf(RECORDS[type]));
    const json = { timestamp: 1_760_000_000_000, ...(type === 'stage' ? REFERENCE : MINIMAL[type]) };
    expect(schema.safeParse(json).error?.issues).toBeUndefined();
  });

  test.each([...RECORD_TYPES])('%s: what one field of the schema takes, the reader takes', (type) => {
    for (const [name, kind] of Object.entries(RECORDS[type])) {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          if (!kind.wire.safeParse(value).success) return;
          const parsed = parseRecord({ type, timestamp: 1.76e12, ...MINIMAL[type], [name]: value });
          // Texts that only look like ids or times, and texts over a joint limit, are the reader's to refuse.
          if (!parsed.ok)
            expect(['invalid_id', 'timestamp_out_of_range', 'missing_field']).toContain(parsed.error.code);
        }),
        { numRuns: 30 },
      );
    }
  });
});

describe('the reader', () => {
  test('never throws, whatever the value', () => {
    const names = fc.constantFrom(
      ...Object.keys(RECORDS.stage),
      'type',
      'attributes',
      'model_id',
      '__proto__',
    );
    const value = fc.oneof(fc.jsonValue(), fc.anything(), fc.constantFrom(...RECORD_TYPES));
    fc.assert(
      fc.property(fc.dictionary(names, value), fc.boolean(), (record, base) => {
        const parsed = parseRecord(base ? { ...stage({}), ...record } : record);
        if (!parsed.ok) expect(parsed.error.message).not.toBe('');
      }),
      { numRuns: 2000 },
    );
  });

  test('does not change what it was given', () => {
    const given = structuredClone(REFERENCE);
    parseRecord(given);
    expect(given).toEqual(REFERENCE);
  });

  test('gives one canonical text for one fact in two forms', () => {
    const one = stage({ params: { resolution: '8x8', seed: 5 }, model: 'v1' });
    const two = {
      model: { version: 'v1' },
      ...stage({ params: { seed: '5', resolution: { height: 8, width: 8 } } }),
    };
    expect(canonicalText(read(one))).toBe(canonicalText(read(two)));
  });

  test('survives nesting beyond the stack', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
    expect(readStage({ deep }).attributes.deep).toBeTypeOf('string');
  });
});
