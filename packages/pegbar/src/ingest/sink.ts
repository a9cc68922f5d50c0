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
    const { dropped } = done;
    countLosses({ ...done, cut: done.truncated + dropped.attributes + dropped.repeated + dropped.copies });
    count('pegbar_dropped_total', dropped.events, 'span_event_limit');
    count('pegbar_dropped_total', dropped.links, 'span_link_limit');
    count('pegbar_ended_before_start_total', done.endedBeforeStart);
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
    countLosses(done);
    return { accepted: done.rows, duplicates: 0, rejected: done.rejected, message: done.message };
  }

  interface Losses {
    overriddenTenants: number;
    badTenants: number;
    optedOut: number;
    /** Attributes and texts that were cut or left out at a limit. */
    cut: number;
  }

  function countLosses({ overriddenTenants, badTenants, optedOut, cut }: Losses): void {
    count('pegbar_tenant_overridden_total', overriddenTenants);
    count('pegbar_bad_tenants_total', badTenants);
    count('pegbar_cut_attributes_total', cut);
    count('pegbar_dropped_total', optedOut, 'opted_out');
  }

  function count(name: string, n: number, reason?: string): void {
    if (n > 0) counters.add(name, reason === undefined ? {} : { reason }, n);
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
