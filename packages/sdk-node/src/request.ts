/**
 * Requests and their stages as OpenTelemetry spans. A request is a span that carries `pegbar.request.id`; a stage is
 * a span below it with `pegbar.stage`; a boundary is an event on the span at hand. What is known of the request stands
 * on every one of its stages, and travels to the next process with `inject` and `handOff`.
 */
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type Carrier, readCarrier, type Travelling, write } from './carrier.ts';
import { outcomeOf, tellError } from './errors.ts';
import {
  ATTRIBUTE_OF,
  addAttributes,
  type Boundary,
  type Outcome,
  type RequestFields,
  type Stage,
  type StageFields,
} from './fields.ts';
import { type Runtime, systemRuntime } from './runtime.ts';

/** What of a request stands on its stages too: that by which they are counted. */
const SHARED = [
  'request_id',
  'session_id',
  'workload',
  'tenant',
  'region',
  'traffic_source',
  'sequence_id',
  'model.version',
  'resources.hardware_class',
] as const;
/** Of these, what concerns the next process too. */
const TRAVELS: readonly (typeof SHARED)[number][] = [
  'request_id',
  'session_id',
  'workload',
  'tenant',
  'traffic_source',
  'sequence_id',
  'model.version',
];
const ENQUEUED = 'enqueued_ms';
const REQUEST_ID = 'pegbar.request.id';

interface State {
  /** On every stage. Never changed: stages spread it. */
  shared: Attributes;
  span: Span;
  outcome: Outcome | undefined;
  handedOff: boolean;
  delivered: boolean;
}

const STATE = createContextKey('@pegbar/node request');
export const TRACER = '@pegbar/node';

let runtime: Runtime = systemRuntime;
/** For tests, and for `init`. */
export const useRuntime = (one: Runtime): void => {
  runtime = one;
};

const stateOf = (from: Context): State | undefined => from.getValue(STATE) as State | undefined;

/** A stage or a request while it runs. */
export class Running {
  readonly span: Span;

  constructor(span: Span) {
    this.span = span;
  }

  /** Adds what became known meanwhile. */
  set(fields: StageFields): this {
    this.span.setAttributes(addAttributes({}, fields));
    return this;
  }

  /** Marks a boundary, now or at a time (epoch milliseconds). */
  boundary(name: Boundary, at_ms?: number): this {
    this.span.addEvent(name, at_ms);
    return this;
  }
}

/** A request while it runs. */
export class RunningRequest extends Running {
  readonly request_id: string;
  readonly #state: State;

  constructor(state: State) {
    super(state.span);
    this.#state = state;
    // Where only a trace came along, Pegbar takes the trace for the request.
    this.request_id = String(state.shared[REQUEST_ID] ?? state.span.spanContext().traceId);
  }

  /** States how the request ended, where a return or a throw does not say it. */
  outcome(outcome: Outcome): this {
    this.#state.outcome = outcome;
    return this;
  }
}

/**
 * Runs `work` as one request. It succeeds when `work` returns and fails when it throws, by the taxonomy of errors,
 * unless `outcome` says otherwise, or `handOff` gave it to another process. What `work` throws is thrown on.
 */
export function withRequest<T>(fields: RequestFields, work: (request: RunningRequest) => T): T {
  const attributes = addAttributes({}, fields);
  attributes[REQUEST_ID] ??= runtime.unique();
  return run(attributes, context.active(), SpanKind.INTERNAL, 'request', work, (state) =>
    state.handedOff ? 'pending' : 'succeeded',
  );
}

/**
 * Goes on with the request that another process handed off: `carrier` is the message or the headers that it wrote.
 * Without any it is a request of its own. The time since `handOff` is its wait in the queue. It states the outcome
 * where `work` throws, or where a `deliver` stage ended in it; else the request goes on elsewhere.
 */
export function continueRequest<T>(
  carrier: Carrier,
  fields: RequestFields,
  work: (request: RunningRequest) => T,
): T {
  const { span, request } = readCarrier(carrier);
  if (!span && request.request_id === undefined) return withRequest(fields, work);
  const inherited: Attributes = {};
  for (const name of TRAVELS) if (request[name] !== undefined) inherited[ATTRIBUTE_OF[name]!] = request[name];
  const attributes = addAttributes({ ...inherited }, fields);
  const enqueued = Number(request[ENQUEUED]);
  const wait = ATTRIBUTE_OF['metrics.queue_wait_ms']!;
  if (enqueued > 0) attributes[wait] ??= Math.max(0, runtime.now() - enqueued);
  const parent = span ? trace.setSpanContext(context.active(), span) : context.active();
  return run(attributes, parent, SpanKind.CONSUMER, 'continue', work, (state) =>
    state.delivered && !state.handedOff ? 'succeeded' : undefined,
  );
}

function run<T>(
  attributes: Attributes,
  parent: Context,
  kind: SpanKind,
  name: string,
  work: (request: RunningRequest) => T,
  outcomeOfReturn: (state: State) => Outcome | undefined,
): T {
  const span = trace.getTracer(TRACER).startSpan(name, { kind, attributes }, parent);
  const shared: Attributes = {};
  for (const field of SHARED) {
    const attribute = ATTRIBUTE_OF[field]!;
    if (attributes[attribute] !== undefined) shared[attribute] = attributes[attribute];
  }
  const state: State = { shared, span, outcome: undefined, handedOff: false, delivered: false };
  const inside = trace.setSpan(parent, span).setValue(STATE, state);
  return settle(
    span,
    () => context.with(inside, work, undefined, new RunningRequest(state)),
    (code) => {
      const outcome = state.outcome ?? (code === undefined ? outcomeOfReturn(state) : outcomeOf(code));
      if (outcome !== undefined) span.setAttribute('pegbar.outcome', outcome);
    },
  );
}

/** Runs `work` as one stage of the request at hand. What it throws fails the stage and is thrown on. */
export function withStage<T>(stage: Stage, work: (stage: Running) => T): T;
export function withStage<T>(stage: Stage, fields: StageFields, work: (stage: Running) => T): T;
export function withStage<T>(
  stage: Stage,
  second: StageFields | ((stage: Running) => T),
  third?: (stage: Running) => T,
): T {
  const work = third ?? (second as (stage: Running) => T);
  const parent = context.active();
  const state = stateOf(parent);
  const attributes: Attributes = { ...state?.shared, 'pegbar.stage': stage };
  if (third) addAttributes(attributes, second as StageFields);
  const span = trace.getTracer(TRACER).startSpan(stage, { attributes }, parent);
  return settle(
    span,
    () => context.with(trace.setSpan(parent, span), work, undefined, new Running(span)),
    stage === 'deliver' && state
      ? (code) => {
          if (code === undefined) state.delivered = true;
        }
      : undefined,
  );
}

/** Runs it, ends the span when it is over, now or later, and says how. */
function settle<T>(
  span: Span,
  work: () => T,
  ending?: (code: ReturnType<typeof tellError>['code'] | undefined) => void,
): T {
  const failed = (error: unknown): never => {
    const { code, type, message } = tellError(error);
    span.recordException(error instanceof Error ? error : String(error));
    span.setAttributes({ 'pegbar.error.code': code, 'error.type': type });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    ending?.(code);
    span.end();
    throw error;
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    return failed(error);
  }
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    return (result as unknown as Promise<unknown>).then((value) => {
      ending?.(undefined);
      span.end();
      return value;
    }, failed) as T;
  }
  ending?.(undefined);
  span.end();
  return result;
}

/** Marks a boundary on the span at hand; false where there is none. */
export function boundary(name: Boundary, at_ms?: number): boolean {
  const span = trace.getActiveSpan();
  span?.addEvent(name, at_ms);
  return span?.isRecording() ?? false;
}

function travelling(state: State | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of TRAVELS) {
    const value = state?.shared[ATTRIBUTE_OF[name]!];
    if (value !== undefined) out[name] = String(value);
  }
  return out;
}

/**
 * Writes the context at hand into the headers of a call (`traceparent`, `tracestate`, `baggage`), and returns them.
 * For calls that are waited for; a request that goes on elsewhere is given away with `handOff`.
 */
export function inject<C extends Record<string, unknown>>(carrier: C = {} as C): C {
  const active = context.active();
  write(carrier, trace.getSpanContext(active), travelling(stateOf(active)));
  return carrier;
}

/**
 * The same for a message in a queue: whoever takes it (`continueRequest`) ends the request, which stays pending until
 * then, and knows how long it has waited.
 */
export function handOff<C extends Record<string, unknown>>(carrier: C = {} as C): C {
  const active = context.active();
  const state = stateOf(active);
  if (state) state.handedOff = true;
  const request: Travelling = { ...travelling(state), [ENQUEUED]: String(Math.round(runtime.now())) };
  write(carrier, trace.getSpanContext(active), request);
  return carrier;
}

/** The context that a carrier brings, for `context.with` of OpenTelemetry; stages within it belong to its request. */
export function extract(carrier: Carrier): Context {
  const { span, request } = readCarrier(carrier);
  let into = context.active();
  if (span) into = trace.setSpanContext(into, span);
  const shared: Attributes = {};
  for (const name of TRAVELS) if (request[name] !== undefined) shared[ATTRIBUTE_OF[name]!] = request[name];
  if (Object.keys(shared).length === 0) return into;
  const state: State = {
    shared,
    span: trace.getSpan(into) ?? trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }),
    outcome: undefined,
    handedOff: false,
    delivered: false,
  };
  return into.setValue(STATE, state);
}

/** Ids of the context at hand, under the names of the records; those that are not known are left out. */
export interface Ids {
  request_id?: string;
  session_id?: string;
  sequence_id?: string;
  tenant?: string;
  trace_id?: string;
  span_id?: string;
}

export function currentIds(): Ids {
  const active = context.active();
  const ids: Ids = {};
  const state = stateOf(active);
  if (state)
    for (const name of ['request_id', 'session_id', 'sequence_id', 'tenant'] as const) {
      const value = state.shared[ATTRIBUTE_OF[name]!];
      if (value !== undefined) ids[name] = String(value);
    }
  const span = trace.getSpanContext(active);
  if (span && isSpanContextValid(span)) {
    ids.trace_id = span.traceId;
    ids.span_id = span.spanId;
  }
  return ids;
}

/** What a log line says of where it was written: for pino `pino({ mixin: logFields })`, for others spread it. */
export const logFields = (): Ids => currentIds();
