import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  boundary,
  continueRequest,
  currentIds,
  extract,
  handOff,
  inject,
  logFields,
  useRuntime,
  withRequest,
  withStage,
} from './request.ts';
import { systemRuntime } from './runtime.ts';
import { testRuntime } from './testkit.ts';

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
const runtime = testRuntime();
useRuntime(runtime);
beforeEach(() => exporter.reset());
afterAll(() => {
  useRuntime(systemRuntime);
  for (const api of [trace, context]) api.disable();
});

const spans = () => exporter.getFinishedSpans();
const named = (name: string) => spans().find((span) => span.name === name)!;

describe('a request', () => {
  it('stands with its dimensions on all its stages', async () => {
    const request = {
      request_id: 'r1',
      workload: 'animation',
      model: { version: 'v7', family: 'wan' },
    } as const;
    const result = await withRequest({ ...request, user_id_hash: 'u' }, async () => {
      await withStage('preprocess', async () => undefined);
      return withStage('generate', { params: { steps: 20 } }, async (stage) => {
        stage.boundary('inference_started').set({ images: 4, metrics: { cost_usd: 0.01 } });
        return 7;
      });
    });
    expect(result).toBe(7);
    expect(spans().map(({ name }) => name)).toEqual(['preprocess', 'generate', 'request']);
    expect(named('generate').attributes).toEqual({
      'pegbar.request.id': 'r1',
      'pegbar.workload': 'animation',
      'pegbar.model.version': 'v7',
      'pegbar.stage': 'generate',
      'pegbar.steps': 20,
      'pegbar.images': 4,
      'pegbar.cost_usd': 0.01,
    });
    expect(named('generate').events.map(({ name }) => name)).toEqual(['inference_started']);
    expect(named('generate').parentSpanContext?.spanId).toBe(named('request').spanContext().spanId);
    expect(named('request').attributes).toMatchObject({
      'pegbar.outcome': 'succeeded',
      'pegbar.user.hash': 'u',
      'pegbar.model.family': 'wan',
    });
  });

  it('fails with what its stage throws, told by the taxonomy, and throws it on', () => {
    const error = new Error('CUDA out of memory');
    expect(() =>
      withRequest({}, () =>
        withStage('generate', () => {
          throw error;
        }),
      ),
    ).toThrow(error);
    for (const span of spans()) {
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'CUDA out of memory' });
      expect(span.attributes).toMatchObject({ 'pegbar.error.code': 'oom', 'error.type': 'Error' });
    }
    expect(named('request').attributes['pegbar.outcome']).toBe('failed');
  });

  it.each([
    [Object.assign(new Error('x'), { name: 'TimeoutError' }), 'timed_out'],
    [Object.assign(new Error('x'), { name: 'AbortError' }), 'cancelled'],
    [new Error('blocked by the safety filter'), 'blocked'],
    [new TypeError('x is not a function'), 'failed'],
    ['a text', 'failed'],
  ])('that throws %s is told as %s', async (error, outcome) => {
    await expect(withRequest({}, () => Promise.reject(error))).rejects.toBe(error);
    expect(named('request').attributes['pegbar.outcome']).toBe(outcome);
  });

  it('ends as it is said to end', () => {
    withRequest({}, (request) => request.outcome('rejected'));
    expect(named('request').attributes['pegbar.outcome']).toBe('rejected');
  });

  it('has an id where none was given, also within the request', () => {
    const seen = withRequest({}, ({ request_id }) => [request_id, currentIds().request_id]);
    expect(seen[0]).toMatch(/^unique-/);
    expect(seen[1]).toBe(seen[0]);
  });

  it('has a line of every log', () => {
    expect(logFields()).toEqual({});
    withRequest({ request_id: 'r1', tenant: 'a' }, () =>
      withStage('generate', ({ span }) => {
        const { traceId, spanId } = span.spanContext();
        expect(logFields()).toEqual({ request_id: 'r1', tenant: 'a', trace_id: traceId, span_id: spanId });
      }),
    );
  });
});

describe('a request in two processes', () => {
  /** The message as the other process gets it. */
  const sent = (message: object) => JSON.parse(JSON.stringify(message)) as Record<string, unknown>;

  it('is one trace; it stays pending until the second delivers, and knows its wait in the queue', async () => {
    const job = withRequest({ request_id: 'r1', workload: 'animation', sequence_id: 's1' }, () =>
      handOff({ n: 1 }),
    );
    await runtime.advance(1_500);
    continueRequest(sent(job), { attempt: 2 }, () => withStage('deliver', () => undefined));
    expect(named('request').attributes['pegbar.outcome']).toBe('pending');
    const went = named('continue');
    expect(went.parentSpanContext?.spanId).toBe(named('request').spanContext().spanId);
    expect(went.attributes).toEqual({
      'pegbar.request.id': 'r1',
      'pegbar.workload': 'animation',
      'pegbar.sequence.id': 's1',
      'pegbar.attempt': 2,
      'pegbar.queue.wait_ms': 1500,
      'pegbar.outcome': 'succeeded',
    });
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('says nothing of the outcome in between, and says that it failed where it throws', () => {
    const job = withRequest({ request_id: 'r1' }, () => handOff());
    continueRequest(sent(job), {}, () => withStage('generate', () => handOff()));
    expect(named('continue').attributes['pegbar.outcome']).toBeUndefined();
    exporter.reset();
    expect(() =>
      continueRequest(sent(job), {}, () => {
        throw new Error('x');
      }),
    ).toThrow();
    expect(named('continue').attributes['pegbar.outcome']).toBe('failed');
  });

  it('that is only called stays the caller’s', () => {
    withRequest({ request_id: 'r1' }, () => {
      const headers = inject({ accept: 'text/plain' });
      context.with(extract(sent(headers)), () => withStage('upscale', () => undefined));
    });
    expect(named('upscale').attributes['pegbar.request.id']).toBe('r1');
    expect(named('upscale').parentSpanContext?.isRemote).toBe(true);
    expect(named('request').attributes['pegbar.outcome']).toBe('succeeded');
  });

  it('never has the user on its way', () => {
    const job = withRequest({ request_id: 'r1', user_id_hash: 'secret' }, () => handOff());
    expect(JSON.stringify(job)).not.toContain('secret');
  });

  it('is a request of its own where the message says nothing', () => {
    continueRequest({ prompt: 'x' }, { request_id: 'mine' }, () => undefined);
    expect(named('request').attributes).toMatchObject({
      'pegbar.request.id': 'mine',
      'pegbar.outcome': 'succeeded',
    });
  });
});

describe('a boundary', () => {
  it('is an event of the span at hand, and nothing without one', () => {
    expect(boundary('prompt_received')).toBe(false);
    withRequest({}, () => expect(boundary('prompt_received', 1_700_000_000_000)).toBe(true));
    expect(named('request').events[0]).toMatchObject({ name: 'prompt_received', time: [1_700_000_000, 0] });
  });
});
