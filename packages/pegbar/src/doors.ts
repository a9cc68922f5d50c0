/** Wiring: the doors for OTLP, and who may come through them. */
import type { Access } from './access/index.ts';
import { systemClock as clock } from './base/clock.ts';
import type { Counters } from './base/counters.ts';
import type { Log } from './base/log.ts';
import type { ServerConfig } from './config/index.ts';
import { type createOtlpSink, startOtlpGrpc, startOtlpHttp } from './ingest/index.ts';

type OtlpSink = ReturnType<typeof createOtlpSink>;

interface DoorsBase {
  config: ServerConfig;
  log: Log;
  counters: Counters;
  /** Called in reverse order when the server ends. */
  closers: (() => unknown)[];
}

export async function openDoors(
  { config, log, counters, closers }: DoorsBase,
  sink: OtlpSink,
  access: Access,
) {
  const otlp = {
    host: config.host,
    sink,
    clock,
    counters,
    log,
    authenticate: otlpGuard(access),
    limits: { bodyBytes: config.max_body_bytes },
  };
  const http = await startOtlpHttp({ ...otlp, port: config.otlp_http_port });
  closers.push(() => http.close());
  const grpc = await startOtlpGrpc({ ...otlp, port: config.otlp_grpc_port });
  closers.push(() => grpc.close());
  return {
    otlp_http: `http://${hostOf(http.host)}:${http.port}`,
    otlp_grpc: `http://${hostOf(grpc.host)}:${grpc.port}`,
    close: () => Promise.all([http.close(), grpc.close()]),
  };
}

function otlpGuard(access: Access): Parameters<typeof startOtlpHttp>[0]['authenticate'] {
  return (headers, remoteAddress) => {
    const forwarded = headers.forwarded ?? headers['x-forwarded-for'] ?? headers['x-real-ip'];
    const result = access.authenticateNow({
      authorization: headers.authorization,
      remoteAddress,
      host: headers.host ?? (headers[':authority'] as string | undefined),
      origin: headers.origin,
      forwarded: Array.isArray(forwarded) ? forwarded[0] : forwarded,
    });
    if (!result.ok)
      return result.error.code === 'unauthenticated'
        ? { ok: false, status: 401, code: 16, message: result.error.message }
        : { ok: false, status: 403, code: 7, message: result.error.message };
    if (!result.value.scopes.has('ingest'))
      return { ok: false, status: 403, code: 7, message: 'this key may not send: it lacks the scope ingest' };
    return { ok: true, tenant: result.value.tenant };
  };
}

export function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
