import { createHash } from 'node:crypto';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { Protector } from '../privacy/index.ts';
import type { Intake } from './intake.ts';
import {
  type Accepted,
  decodeLogs,
  decodeMetrics,
  MalformedError,
  type OtlpContext,
  type OtlpSink,
  type Signal,
} from './otlp/index.ts';
import { createSpanDecoder } from './otlp/spans/index.ts';

export interface OtlpSinkOptions {
  intake: Intake;
  counters: Counters;
  log: Log;
  protectorOf(tenant: string): Protector;
  gpuPrice(gpuType: string): number;
}

interface Outcome {
  accepted: number;
  duplicates: number;
  rejected: number;
  message: string;
}

/** Decodes OTLP requests into the intake: all of a request or, where it cannot be decoded, nothing. */
export function createOtlpSink(options: OtlpSinkOptions): OtlpSink {
  const { intake, counters, log } = options;
  const decoder = createSpanDecoder({
    windowOf: (tenant) => intake.dedup.window(tenant, 'spans'),
    protectorOf: options.protectorOf,
    gpuPrice: options.gpuPrice,
  });
  const rows = {
    append: (table: string, row: Record<string, unknown>): void => intake.block(table).append(row),
  };

  function traces(body: Uint8Array, context: OtlpContext): Outcome {
    const blocks = { spans: intake.block('spans'), events: intake.block('span_events') };
    const done = decoder.decode(body, blocks, context);
    count('pegbar_overridden_tenants_total', done.overriddenTenants);
    return {
      accepted: done.spans,
      duplicates: done.duplicates,
      rejected: done.rejected,
      message: done.reasons,
    };
  }

  /** Points and records have no ids: a request that comes again is known by the digest of its body. */
  function others(signal: 'metrics' | 'logs', body: Uint8Array, context: OtlpContext): Outcome {
    const digest = createHash('sha1').update(body).digest();
    const window = intake.dedup.window(context.tenant ?? 'default', signal);
    if (body.length > 0 && !window.add(digest.readInt32LE(0), digest.readInt32LE(4)))
      return { accepted: 0, duplicates: 1, rejected: 0, message: '' };
    const decode = signal === 'metrics' ? decodeMetrics : decodeLogs;
    const done = decode(body, context, rows, options.protectorOf);
    count('pegbar_overridden_tenants_total', done.overriddenTenants);
    count('pegbar_bad_tenants_total', done.badTenants);
    count('pegbar_cut_attributes_total', done.cut);
    if (done.optedOut > 0) counters.add('pegbar_dropped_total', { reason: 'opted_out' }, done.optedOut);
    return { accepted: done.rows, duplicates: 0, rejected: done.rejected, message: done.message };
  }

  function count(name: string, n: number): void {
    if (n > 0) counters.add(name, {}, n);
  }

  function accept(signal: Signal, body: Uint8Array, context: OtlpContext): Accepted {
    const pressure = intake.pressure();
    if (pressure) return { kind: 'overloaded', ...pressure };
    try {
      const done = intake.transact(() =>
        signal === 'traces' ? traces(body, context) : others(signal, body, context),
      );
      counters.add('pegbar_accepted_total', { signal }, done.accepted);
      if (done.duplicates > 0) counters.add('pegbar_duplicates_total', { signal }, done.duplicates);
      if (done.rejected > 0)
        counters.add('pegbar_rejected_total', { signal, reason: 'invalid_item' }, done.rejected);
      return { kind: 'accepted', rejected: done.rejected, message: done.message, durable: intake.durable() };
    } catch (error) {
      if (!(error instanceof MalformedError)) {
        log.error(
          { signal, bytes: body.length, error: String((error as Error).stack ?? error) },
          'a decoder failed; the request is refused',
        );
        counters.add('pegbar_decoder_faults_total', { signal });
      }
      counters.add('pegbar_rejected_total', { signal, reason: 'malformed' });
      return {
        kind: 'malformed',
        message: error instanceof MalformedError ? error.message : 'the request could not be decoded',
      };
    }
  }

  return { accept, pressure: () => intake.pressure() };
}
