/** The SDKs are published without the contract and without `stats`: here they are held against both. */
import { ATTRIBUTES, errorCodeOf, parseRecord, RECORD_TYPES, type RecordInput } from '@pegbar/contract';
import { countRepeats, countStalls, framesBySecond, intervalFigures, intervalsOf } from '@pegbar/stats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrameWindow, Windows } from '../../packages/sdk-browser/src/windows.ts';
import { codeOfWord } from '../../packages/sdk-node/src/errors.ts';
import { ATTRIBUTE_OF } from '../../packages/sdk-node/src/fields.ts';
import * as records from '../../packages/sdk-node/src/records.ts';

/** Fields whose column has another name. */
const COLUMN_OF: Readonly<Record<string, string>> = {
  user_id_hash: 'user_hash',
  'prompt.text': 'prompt',
  'prompt.negative': 'negative_prompt',
  'prompt.length': 'prompt_chars',
  'prompt.tokens': 'prompt_tokens',
  'prompt.language': 'prompt_language',
  'model.family': 'model_family',
  'model.version': 'model_version',
  'params.resolution': 'width',
  'quality.nsfw_flag': 'nsfw',
};

describe('@pegbar/node', () => {
  it.each(Object.entries(ATTRIBUTE_OF))(
    'says %s as %s, the canonical attribute of its column',
    (path, name) => {
      const column = COLUMN_OF[path] ?? path.split('.').at(-1);
      const attribute = ATTRIBUTES.find(({ names, levels }) => names[0] === name && levels.includes('span'));
      expect(attribute?.column).toBe(column);
    },
  );

  it.each(
    [
      'CUDA out of memory',
      'torch.OutOfMemoryError',
      'OOMKilled',
      'oom',
      'mushroom',
      'TimeoutError',
      '504',
      'deadline exceeded',
      'blocked by safety',
      'AbortError',
      'KeyboardInterrupt',
      '499',
      'cuBLAS failed',
      'ValueError',
      'not found',
      '422',
      '500',
      'Error',
      '',
      'device-side assert',
      'content_filter',
    ].map((word) => [word]),
  )('reads %j as the contract does', (word) => {
    expect(codeOfWord(word)).toBe(errorCodeOf(word));
  });

  it('has records that the contract takes whole', () => {
    const context = { now_ms: 1_700_000_000_000, unique: () => 'u-1', defaults: { tenant: 'a' } };
    // Typed: a field that the SDK offers and the contract does not know fails here, at build or below.
    const score: records.Score = {
      image_id: 'i',
      name: 'n',
      value: 1,
      label: 'l',
      scorer: 's',
      scorer_version: '1',
    };
    const frames: records.Frames = {
      sequence_id: 's',
      request_id: 'r',
      side: 'produced',
      window_s: 1,
      frames: 24,
      dropped: 1,
      duplicated: 1,
      held: 1,
      stalls: 1,
      playing_s: 1,
      interval_ms: { p50: 1, p95: 1, p99: 1, max: 1 },
      declared_fps: 24,
    };
    const all: Record<records.RecordType, object> = {
      score,
      frames,
      feedback: { image_id: 'i', action: 'flag', user_id_hash: 'u' } satisfies records.Feedback,
      deployment: {
        id: 'd',
        kind: 'lora',
        version: '2',
        previous: '1',
        status: 'rolled_back',
        note: 'n',
        url: 'https://ci.example/1',
      } as records.Deployment,
      queue: { queue: 'q', depth: 1, wait_ms: 2, admitted: 3, denied: 4 } satisfies records.QueueSample,
      model_load: {
        action: 'load',
        duration_ms: 1,
        bytes: 2,
        hit: true,
        host: 'h',
      } satisfies records.ModelLoad,
      cache: { cache: 'vae', hits: 1, misses: 2, host: 'h' } satisfies records.CacheEvent,
      artifact: {
        image_id: 'i',
        uri: 's3://x',
        kind: 'frame',
        width: 1,
        height: 2,
        bytes: 3,
        sha256: 'ab',
        collection: 'c',
      } satisfies records.Artifact,
      stage: { request_id: 'r', outcome: 'cancelled' } satisfies records.Ending,
    };
    for (const [type, record] of Object.entries(all)) {
      expect(RECORD_TYPES).toContain(type);
      const common = {
        region: 'eu',
        workload: 'animation',
        model: { version: 'v7' },
        timestamp: new Date(0 + 1e12),
      };
      const line = records.lineOf(type as records.RecordType, { ...record, ...common }, context);
      const read = parseRecord(JSON.parse(line) as RecordInput);
      expect(read).toMatchObject({ ok: true, value: { type, tenant: 'a', attributes: {} } });
    }
  });
});

describe('@pegbar/browser', () => {
  it('counts as the formulas of stats do, whatever the frames', () => {
    const frames = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 900 }), picture: fc.integer({ min: 0, max: 2 }) }),
      {
        minLength: 2,
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 4 }), (played, hold) => {
        const told: FrameWindow[] = [];
        const windows = new Windows({ hold, emit: (window) => told.push(window) });
        windows.run(true, 0);
        const at_ms: number[] = [];
        for (const [index, { gap, picture }] of played.entries()) {
          at_ms.push(index === 0 ? 0 : at_ms.at(-1)! + gap);
          windows.frame(at_ms.at(-1)!, picture);
        }
        const end = at_ms.at(-1)!;
        windows.end(end);
        const sum = (name: 'frames' | 'stalls' | 'held' | 'duplicated' | 'playing_s'): number =>
          told.reduce((total, window) => total + (window[name] ?? 0), 0);
        const repeats = countRepeats(
          played.map(({ picture }) => picture),
          hold,
        );
        expect(sum('playing_s')).toBeCloseTo(end / 1000, 9);
        expect(sum('frames')).toBe(at_ms.length);
        expect([sum('held'), sum('duplicated')]).toEqual([repeats.held, repeats.duplicated]);
        expect(sum('stalls')).toBe(countStalls(intervalsOf(at_ms), 1000));
        const whole = told.slice(0, -1).map(({ frames }) => frames);
        expect(whole).toEqual(framesBySecond(at_ms, 0, whole.length));
      }),
    );
  });

  it('has the intervals of stats in each window', () => {
    const told: FrameWindow[] = [];
    const windows = new Windows({ hold: 1, emit: (window) => told.push(window) });
    windows.run(true, 0);
    const at_ms = Array.from({ length: 24 }, (_, n) => n * 41 + (n % 5));
    for (const at of at_ms) windows.frame(at);
    windows.end(999);
    expect(told[0]?.interval_ms).toEqual(intervalFigures(intervalsOf(at_ms)));
  });
});
