/**
 * OTLP over gRPC on bare `node:http2` (h2c): the unary `Export` of the three collector services.
 *
 * An answer that fails is trailers-only. Overload is UNAVAILABLE with `RetryInfo`, so that senders retry; an
 * oversized message is RESOURCE_EXHAUSTED without it, so that they do not. When the answer comes before the message
 * was read, the stream is reset with NO_ERROR, as RFC 9113 §8.1 asks.
 */
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Budget } from './body.ts';
import { countOutcome, type ExchangeDeps, exchange, type Outcome } from './exchange.ts';
import { MessageReader } from './grpc-framing.ts';
import { deadlineMs, percentEncode } from './grpc-headers.ts';
import type { Authenticate } from './guard.ts';
import { type OtlpServer, type OtlpServerOptions, STOP_GRACE_MS } from './http.ts';
import { type Coding, codingOf } from './inflate.ts';
import {
  HEAD_BYTES,
  HEAD_FIELDS,
  OTLP_LIMITS,
  SESSION_MEMORY_MB,
  SESSION_WINDOW_BYTES,
  STREAM_WINDOW_BYTES,
} from './limits.ts';
import { inFlightFull, internal, overloaded, stopping, tooLarge, unsupportedEncoding } from './refusals.ts';
import { guardSession } from './session-guard.ts';
import type { Signal } from './sink.ts';
import { capMessage, encodeStatus, type Refusal, RPC, renderSuccess } from './status.ts';

const service = (name: string, signal: Signal): [string, Signal] => [
  `/opentelemetry.proto.collector.${name}.v1.${name[0]!.toUpperCase()}${name.slice(1)}Service/Export`,
  signal,
];
const METHODS = new Map([service('trace', 'traces'), service('metrics', 'metrics'), service('logs', 'logs')]);

/** What gRPC peers know by name; their `deflate` is zlib's format too. */
const ACCEPT_ENCODING = 'identity,gzip,deflate';
const CONTENT_TYPE = /^application\/grpc(?:\+proto)?(?:\s*;|$)/i;

/** How often overdue calls are looked for, milliseconds. */
const SWEEP_MS = 500;

interface Call {
  stream: ServerHttp2Stream;
  signal: Signal | 'none';
  /** Monotonic milliseconds after which the message must have come whole. */
  readBy: number;
  /** The sender's own deadline, monotonic milliseconds; Infinity without one. */
  dueBy: number;
  reader: MessageReader | null;
  answered: boolean;
}

interface Deps extends ExchangeDeps {
  authenticate: Authenticate;
  options: OtlpServerOptions;
  calls: Set<Call>;
  stopping: boolean;
}

export async function startOtlpGrpc(options: OtlpServerOptions): Promise<OtlpServer> {
  const limits = { ...OTLP_LIMITS, ...options.limits };
  const { sink, authenticate, counters, log, clock } = options;
  const budget = new Budget(limits.inFlightBytes);
  const deps: Deps = {
    sink,
    authenticate,
    counters,
    log,
    limits,
    budget,
    options,
    calls: new Set(),
    stopping: false,
  };
  const server = createServer({
    maxSessionMemory: SESSION_MEMORY_MB,
    maxHeaderListPairs: HEAD_FIELDS,
    settings: {
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxConcurrentStreams: limits.streamsPerSession,
      maxHeaderListSize: HEAD_BYTES,
      enablePush: false,
    },
  });
  server.maxConnections = limits.connections;
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // Node has no creation option for the connection's window; the method is missing on a session already gone.
    if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    guardSession(session, { clock, counters, limits });
  });
  server.on('sessionError', () => counters.add('pegbar_otlp_session_errors_total', { transport: 'grpc' }));
  server.on('drop', () => counters.add('pegbar_otlp_connections_dropped_total', { transport: 'grpc' }));
  server.on('stream', (stream, headers, flags) => {
    handle(deps, stream, headers, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error({ error: String(error) }, 'OTLP/gRPC server'));
  const stopSweep = clock.every(SWEEP_MS, () => sweep(deps));
  const { address, port } = server.address() as AddressInfo;
  const close = async (graceMs = STOP_GRACE_MS): Promise<void> => {
    await stop(deps, server, sessions, graceMs);
    stopSweep();
  };
  return { host: address, port, close };
}

async function stop(
  deps: Deps,
  server: Http2Server,
  sessions: Set<ServerHttp2Session>,
  graceMs: number,
): Promise<void> {
  deps.stopping = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const session of sessions) session.close();
  const waiting = new AbortController();
  await Promise.race([closed, deps.options.clock.sleep(graceMs, waiting.signal)]);
  waiting.abort();
  for (const session of sessions) session.destroy();
  await closed;
}

interface Admitted {
  signal: Signal;
  coding: Coding;
  tenant: string | null;
}

/** A bug in what is asked about a call must not take the server down. */
function admitSafely(
  deps: Deps,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Admitted | Refusal {
  try {
    return admit(deps, stream, headers);
  } catch (error) {
    deps.log.error({ error: String(error) }, 'an OTLP call could not be judged: a bug, please report it');
    return internal('the call could not be processed');
  }
}

function admit(deps: Deps, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Admitted | Refusal {
  const path = headers[':path'] ?? '';
  const signal = METHODS.get(path);
  if (!signal) {
    const message = `unknown method ${path.slice(0, 200)}`;
    return { http: 404, code: RPC.unimplemented, message, reason: 'path' };
  }
  const who = deps.authenticate(
    { ...headers, host: headers[':authority'] ?? headers.host },
    stream.session?.socket?.remoteAddress ?? '',
  );
  if (!who.ok) return { http: who.status, code: who.code, message: who.message, reason: 'not_permitted' };
  const name = headers['grpc-encoding'];
  const encoding = Array.isArray(name) ? name.join(',') : name;
  const coding = codingOf(encoding);
  if (!coding || coding === 'zstd') return unsupportedEncoding(encoding ?? '', ACCEPT_ENCODING);
  if (deps.stopping) return stopping();
  const pressure = deps.sink.pressure();
  if (pressure) return overloaded(pressure.reason, pressure.retryAfterS);
  return { signal, coding, tenant: who.tenant };
}

function handle(deps: Deps, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ended: boolean): void {
  stream.on('error', () => {});
  // Not gRPC at all: an HTTP status, as gRPC's wire protocol asks.
  const wrong =
    headers[':method'] !== 'POST' ? 405 : CONTENT_TYPE.test(headers['content-type'] ?? '') ? 0 : 415;
  if (wrong !== 0) {
    countOutcome(deps.counters, 'grpc', 'none', wrong === 405 ? 'method' : 'content_type');
    stream.respond({ ':status': wrong, ...(wrong === 405 ? { allow: 'POST' } : {}) }, { endStream: true });
    if (!ended) stream.close(constants.NGHTTP2_NO_ERROR);
    return;
  }
  const { clock } = deps.options;
  const start = clock.monotonic();
  const call: Call = {
    stream,
    signal: METHODS.get(headers[':path'] ?? '') ?? 'none',
    readBy: start + deps.limits.requestMs,
    dueBy: start + deadlineMs(headers['grpc-timeout']),
    reader: null,
    answered: false,
  };
  const admitted = admitSafely(deps, stream, headers);
  if ('http' in admitted) {
    refuse(deps, call, admitted);
    return;
  }
  deps.calls.add(call);
  stream.once('close', () => abandon(deps, call));
  read(deps, call, admitted, clock.now());
}

/** Reads the one message of a unary call and exchanges it for an answer. */
function read(deps: Deps, call: Call, admitted: Admitted, receivedMs: number): void {
  const { signal, coding, tenant } = admitted;
  const reader = new MessageReader(deps.budget, deps.limits.bodyBytes);
  call.reader = reader;
  const { stream } = call;
  stream.on('data', (chunk: Buffer) => {
    if (call.answered) return;
    const pushed = reader.push(chunk);
    if (pushed === 'ok') return;
    refuse(deps, call, framingRefusal(deps, pushed));
  });
  stream.on('end', () => {
    // Node also ends what was reset: that is not a whole message.
    if (call.answered || stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    const message = reader.message();
    if (message === null) {
      refuse(deps, call, {
        ...internal('a unary call carries exactly one whole message'),
        reason: 'framing',
      });
      return;
    }
    if (message.compressed && coding === 'identity') {
      refuse(deps, call, { ...internal('compressed flag without grpc-encoding'), reason: 'framing' });
      return;
    }
    call.reader = null;
    call.readBy = Number.POSITIVE_INFINITY;
    const arrived = {
      signal,
      encoding: 'protobuf',
      coding: message.compressed ? coding : 'identity',
      body: message.body,
      context: { tenant, receivedMs },
    } as const;
    exchange(deps, arrived, (outcome) => answer(deps, call, signal, outcome));
  });
}

function framingRefusal(deps: Deps, pushed: 'too_large' | 'in_flight' | 'framing'): Refusal {
  if (pushed === 'too_large') return tooLarge(deps.limits.bodyBytes, 'the message');
  if (pushed === 'in_flight') return inFlightFull();
  return { ...internal('broken gRPC framing'), reason: 'framing' };
}

/** The stream is gone. What was handed to the sink goes on; what was not is dropped. */
function abandon(deps: Deps, call: Call): void {
  deps.calls.delete(call);
  if (!call.reader) return;
  call.reader.free();
  call.reader = null;
  if (!call.answered) countOutcome(deps.counters, 'grpc', call.signal, 'aborted');
  call.answered = true;
}

/** Ends calls whose message did not come in time, and those whose sender no longer waits. */
function sweep(deps: Deps): void {
  const now = deps.options.clock.monotonic();
  for (const call of deps.calls) {
    if (now < call.readBy && now < call.dueBy) continue;
    const message = now < call.dueBy ? 'the message did not arrive in time' : 'deadline exceeded';
    refuse(deps, call, { http: 504, code: RPC.deadlineExceeded, message, reason: 'deadline' });
  }
}

function answer(deps: Deps, call: Call, signal: Signal, outcome: Outcome): void {
  if (outcome.kind === 'refused') {
    refuse(deps, call, outcome.refusal);
    return;
  }
  const { rejected, message } = outcome;
  countOutcome(deps.counters, 'grpc', signal, rejected > 0 ? 'partial' : 'ok');
  deps.calls.delete(call);
  const { stream } = call;
  if (call.answered || stream.destroyed) return;
  call.answered = true;
  const body = renderSuccess(signal, rejected, message, 'protobuf');
  const frame = Buffer.allocUnsafe(5 + body.length);
  frame[0] = 0;
  frame.writeUInt32BE(body.length, 1);
  body.copy(frame, 5);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(frame);
}

/** A trailers-only answer. A sender that is still writing is stopped. */
function refuse(deps: Deps, call: Call, refusal: Refusal): void {
  if (call.answered) return;
  call.answered = true;
  deps.calls.delete(call);
  call.reader?.free();
  call.reader = null;
  countOutcome(deps.counters, 'grpc', call.signal, refusal.reason);
  const { stream } = call;
  if (stream.destroyed || stream.headersSent) return;
  const detailed = refusal.retryAfterS !== undefined || refusal.code === RPC.invalidArgument;
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': String(refusal.code),
      'grpc-message': percentEncode(capMessage(refusal.message)),
      ...(detailed ? { 'grpc-status-details-bin': encodeStatus(refusal).toString('base64') } : {}),
      ...(refusal.reason === 'unsupported_encoding' ? { 'grpc-accept-encoding': ACCEPT_ENCODING } : {}),
    },
    { endStream: true },
  );
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
