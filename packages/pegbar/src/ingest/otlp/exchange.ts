/** What both servers do with a whole body: inflate, transcode JSON, hand to the sink, wait for the disk. */
import type { Counters } from '../../base/counters.ts';
import type { Log } from '../../base/log.ts';
import type { Body, Budget } from './body.ts';
import { type Coding, inflate } from './inflate.ts';
import { type JsonFailure, jsonToProtobuf } from './json.ts';
import type { OtlpLimits } from './limits.ts';
import { inFlightFull, internal, malformed, notDurable, overloaded, tooLarge } from './refusals.ts';
import type { Accepted, OtlpContext, OtlpSink, Signal } from './sink.ts';
import type { Encoding, Refusal } from './status.ts';

export interface ExchangeDeps {
  sink: OtlpSink;
  counters: Counters;
  log: Log;
  limits: OtlpLimits;
  budget: Budget;
}

export interface Arrived {
  signal: Signal;
  encoding: Encoding;
  coding: Coding;
  body: Body;
  context: OtlpContext;
}

export type Outcome =
  | { kind: 'stored'; rejected: number; message: string }
  | { kind: 'refused'; refusal: Refusal };

const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal });
const EMPTY: Outcome = { kind: 'stored', rejected: 0, message: '' };

/** Takes over `arrived.body` and frees it. `done` is called exactly once, when the answer may be sent. */
export function exchange(deps: ExchangeDeps, arrived: Arrived, done: (outcome: Outcome) => void) {
  const { body, coding } = arrived;
  const finish = (outcome: Outcome) => {
    body.free();
    done(outcome);
  };
  // OTLP: an empty request is a success, whatever it says about its coding.
  if (body.length === 0) return finish(EMPTY);
  const limits = { bytes: deps.limits.inflatedBytes, hold: (bytes: number) => body.hold(bytes) };
  inflate(body.bytes(), coding, limits, (inflated) => {
    if (inflated.kind === 'too_large') {
      return finish(refused(tooLarge(deps.limits.inflatedBytes, 'the decompressed body')));
    }
    if (inflated.kind === 'in_flight') return finish(refused(inFlightFull()));
    if (inflated.kind === 'corrupt') return finish(refused(malformed(inflated.message)));
    settle(deps, arrived, inflated.bytes, finish);
  });
}

function settle(deps: ExchangeDeps, arrived: Arrived, bytes: Buffer, finish: (outcome: Outcome) => void) {
  const { signal, encoding, context, body } = arrived;
  let accepted: Accepted;
  try {
    let message: Uint8Array = bytes;
    if (encoding === 'json') {
      const transcoded = jsonToProtobuf(signal, bytes, deps.limits.inflatedBytes);
      if (!transcoded.ok) return finish(refused(jsonRefusal(deps, transcoded.error)));
      message = transcoded.value;
    }
    if (message.length === 0) return finish(EMPTY);
    accepted = deps.sink.accept(signal, message, context);
  } catch (error) {
    deps.log.error(
      { signal, error: String(error) },
      'an OTLP request could not be taken: a bug, please report it',
    );
    return finish(refused(internal('the request could not be processed')));
  }
  if (accepted.kind === 'malformed') return finish(refused(malformed(accepted.message)));
  if (accepted.kind === 'overloaded')
    return finish(refused(overloaded(accepted.reason, accepted.retryAfterS)));
  // The sink has copied what it keeps: the memory is free while the commit is awaited.
  body.free();
  const { rejected, message, durable } = accepted;
  durable.then(
    () => finish({ kind: 'stored', rejected, message }),
    (error: unknown) => {
      deps.log.warn(
        { signal, error: String(error) },
        'an OTLP request was not made durable; its sender will retry',
      );
      finish(refused(notDurable()));
    },
  );
}

const jsonRefusal = (deps: ExchangeDeps, error: JsonFailure): Refusal =>
  error.kind === 'too_large'
    ? tooLarge(deps.limits.inflatedBytes, 'the request in protobuf')
    : malformed(error.message);

/** One counter for all that is answered, by transport, signal and how it ended. */
export function countOutcome(
  counters: Counters,
  transport: 'http' | 'grpc',
  signal: Signal | 'none',
  outcome: string,
) {
  counters.add('pegbar_otlp_requests_total', { transport, signal, outcome });
}
