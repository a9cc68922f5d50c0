/** For tests only: a sink that remembers, and servers on free ports in front of it. */

import { systemClock } from '../../base/clock.ts';
import { type Counters, createCounters } from '../../base/counters.ts';
import { silentLog } from '../../base/log.ts';
import { startOtlpGrpc } from './grpc.ts';
import { type Authenticate, authenticateLoopback } from './guard.ts';
import { type OtlpServer, startOtlpHttp } from './http.ts';
import type { OtlpLimits } from './limits.ts';
import { protoType } from './proto.ts';
import { REQUEST } from './schema.ts';
import type { Accepted, OtlpContext, OtlpSink, Signal } from './sink.ts';

interface Captured {
  signal: Signal;
  body: Buffer;
  context: OtlpContext;
}

class CapturingSink implements OtlpSink {
  readonly taken: Captured[] = [];
  /** Replaces the next answers. */
  reply: (signal: Signal, body: Uint8Array) => Accepted = () => ({
    kind: 'accepted',
    rejected: 0,
    message: '',
    durable: Promise.resolve(),
  });
  load: { reason: string; retryAfterS: number } | null = null;

  accept(signal: Signal, body: Uint8Array, context: OtlpContext): Accepted {
    try {
      protoType(REQUEST[signal]).decode(body);
    } catch (error) {
      return { kind: 'malformed', message: String(error) };
    }
    this.taken.push({ signal, body: Buffer.from(body), context });
    return this.reply(signal, body);
  }

  pressure(): { reason: string; retryAfterS: number } | null {
    return this.load;
  }

  decoded(index = 0): Record<string, unknown> {
    const { signal, body } = this.taken[index]!;
    const type = protoType(REQUEST[signal]);
    return type.toObject(type.decode(body), { longs: String, bytes: String });
  }
}

export interface Rig {
  sink: CapturingSink;
  server: OtlpServer;
  counters: Counters;
  /** Requests whose head was read. */
  begun: () => number;
  url: string;
}

export async function rig(
  transport: 'http' | 'grpc',
  options: { limits?: Partial<OtlpLimits>; authenticate?: Authenticate } = {},
): Promise<Rig> {
  const sink = new CapturingSink();
  const counters = createCounters();
  const { authenticate = authenticateLoopback, limits } = options;
  let begun = 0;
  const start = transport === 'http' ? startOtlpHttp : startOtlpGrpc;
  const server = await start({
    host: '127.0.0.1',
    port: 0,
    sink,
    authenticate: (...asked) => {
      begun += 1;
      return authenticate(...asked);
    },
    clock: systemClock,
    counters,
    log: silentLog,
    ...(limits ? { limits } : {}),
  });
  return { sink, server, counters, begun: () => begun, url: `http://127.0.0.1:${server.port}` };
}

/** One span as OTLP/JSON with fixed ids; `over` replaces fields. */
export const spanRequest = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'test' } }] },
      scopeSpans: [
        {
          scope: { name: 'kit' },
          spans: [
            {
              traceId: '0102030405060708090a0b0c0d0e0f10',
              spanId: '0102030405060708',
              name: 'generate',
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000001000000000',
              ...over,
            },
          ],
        },
      ],
    },
  ],
});

/** A request object (ids as hex in JSON's way are not understood here: pass base64 or bytes) in protobuf. */
export function encode(signal: Signal, request: Record<string, unknown>): Buffer {
  const type = protoType(REQUEST[signal]);
  return Buffer.from(type.encode(type.fromObject(request)).finish());
}

/** Reads the fields of a small message: field number to varints (bigint), fixed (Buffer) or bytes (Buffer). */
export function readFields(bytes: Buffer): Map<number, (bigint | Buffer)[]> {
  const out = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    let value: bigint | Buffer;
    if (wire === 0) value = varint();
    else {
      const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4;
      value = bytes.subarray(at, at + length);
      at += length;
    }
    out.set(tag >> 3, [...(out.get(tag >> 3) ?? []), value]);
  }
  return out;
}
