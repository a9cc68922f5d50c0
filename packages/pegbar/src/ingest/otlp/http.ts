/**
 * OTLP over HTTP/1.1 on bare `node:http`: `/v1/{traces,metrics,logs}`, protobuf and JSON.
 *
 * A request is judged by its head first (path, method, key, type, coding, declared length, pressure); only then is
 * its body read. A refused body is discarded for a while instead of cutting the connection, because a reset would
 * keep the sender from reading the answer. There is no CORS: a preflight gets 405 without any allow header.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import type { Log } from '../../base/log.ts';
import { Body, Budget } from './body.ts';
import { countOutcome, type ExchangeDeps, exchange, type Outcome } from './exchange.ts';
import type { Authenticate } from './guard.ts';
import { CODINGS, type Coding, codingOf } from './inflate.ts';
import { CHEAP_DISCARD_BYTES, HEAD_BYTES, HEAD_FIELDS, OTLP_LIMITS, type OtlpLimits } from './limits.ts';
import { inFlightFull, internal, overloaded, stopping, tooLarge, unsupportedEncoding } from './refusals.ts';
import type { OtlpSink, Signal } from './sink.ts';
import { type Encoding, type Refusal, RPC, renderStatus, renderSuccess } from './status.ts';

export interface OtlpServerOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  sink: OtlpSink;
  authenticate: Authenticate;
  clock: Clock;
  counters: Counters;
  log: Log;
  limits?: Partial<OtlpLimits>;
}

export interface OtlpServer {
  host: string;
  port: number;
  /** Refuses new requests, waits up to `graceMs` for those under way, then cuts the rest. */
  close(graceMs?: number): Promise<void>;
}

/** A stop shall not hang on a client that never reads. */
export const STOP_GRACE_MS = 5000;

const PATHS: Record<string, Signal> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
};
const TYPE: Record<Encoding, string> = { protobuf: 'application/x-protobuf', json: 'application/json' };

interface Deps extends ExchangeDeps {
  authenticate: Authenticate;
  clock: Clock;
  stopping: boolean;
}

/** A request whose head was accepted. */
interface Admitted {
  signal: Signal;
  encoding: Encoding;
  coding: Coding;
  tenant: string | null;
  /** Declared length in bytes, -1 for a chunked body. */
  length: number;
}

export async function startOtlpHttp(options: OtlpServerOptions): Promise<OtlpServer> {
  const limits = { ...OTLP_LIMITS, ...options.limits };
  const { sink, authenticate, clock, counters, log } = options;
  const budget = new Budget(limits.inFlightBytes);
  const deps: Deps = { sink, authenticate, clock, counters, log, limits, budget, stopping: false };
  const server = createServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5000, Math.ceil(limits.headMs / 4)),
    noDelay: true,
  });
  server.maxHeadersCount = HEAD_FIELDS;
  server.maxConnections = limits.connections;
  server.on('request', (request, response) => handle(deps, request, response, false));
  server.on('checkContinue', (request, response) => handle(deps, request, response, true));
  server.on('drop', () => counters.add('pegbar_otlp_connections_dropped_total', { transport: 'http' }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error({ error: String(error) }, 'OTLP/HTTP server'));
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, close: (graceMs = STOP_GRACE_MS) => stop(deps, server, graceMs) };
}

async function stop(deps: Deps, server: Server, graceMs: number): Promise<void> {
  deps.stopping = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const waiting = new AbortController();
  await Promise.race([closed, deps.clock.sleep(graceMs, waiting.signal)]);
  waiting.abort();
  server.closeAllConnections();
  await closed;
}

function encodingOf(request: IncomingMessage): Encoding | null {
  const type = request.headers['content-type'] ?? '';
  const end = type.indexOf(';');
  const name = (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
  if (name === 'application/x-protobuf' || name === 'application/protobuf') return 'protobuf';
  return name === 'application/json' ? 'json' : null;
}

/** A bug in what is asked about a request must not take the server down. */
function admitSafely(deps: Deps, request: IncomingMessage): Admitted | Refusal {
  try {
    return admit(deps, request);
  } catch (error) {
    deps.log.error({ error: String(error) }, 'an OTLP request could not be judged: a bug, please report it');
    return internal('the request could not be processed');
  }
}

/** Judges a request by its head alone. */
function admit(deps: Deps, request: IncomingMessage): Admitted | Refusal {
  const { headers } = request;
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  const signal = PATHS[query < 0 ? url : url.slice(0, query)];
  if (!signal) {
    return {
      http: 404,
      code: RPC.notFound,
      message: `not found: use ${Object.keys(PATHS).join(', ')}`,
      reason: 'path',
    };
  }
  if (request.method !== 'POST') {
    return { http: 405, code: RPC.unimplemented, message: 'only POST is accepted here', reason: 'method' };
  }
  const who = deps.authenticate(headers, request.socket.remoteAddress ?? '');
  if (!who.ok) return { http: who.status, code: who.code, message: who.message, reason: 'not_permitted' };
  const encoding = encodingOf(request);
  if (!encoding) {
    const message = `content type must be ${TYPE.protobuf} or ${TYPE.json}`;
    return { http: 415, code: RPC.invalidArgument, message, reason: 'content_type' };
  }
  const coding = codingOf(headers['content-encoding']);
  if (!coding) return unsupportedEncoding(headers['content-encoding'] ?? '', CODINGS.join(', '));
  const declared = headers['content-length'];
  const length =
    declared !== undefined ? Number(declared) : headers['transfer-encoding'] === undefined ? 0 : -1;
  if (length > deps.limits.bodyBytes) return tooLarge(deps.limits.bodyBytes, 'the body');
  if (deps.stopping) return stopping();
  const pressure = deps.sink.pressure();
  if (pressure) return overloaded(pressure.reason, pressure.retryAfterS);
  if (!deps.budget.fits(Math.max(length, 0))) return inFlightFull();
  return { signal, encoding, coding, tenant: who.tenant, length };
}

function handle(deps: Deps, request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
  const receivedMs = deps.clock.now();
  const admitted = admitSafely(deps, request);
  if ('http' in admitted) return refuse(deps, request, response, admitted, expectsContinue);
  if (expectsContinue) response.writeContinue();
  const { signal, encoding, coding, tenant, length } = admitted;
  const body = new Body(deps.budget, deps.limits.bodyBytes, length);
  let open = true;
  request.on('data', (chunk: Buffer) => {
    if (!open) return;
    const appended = body.append(chunk);
    if (appended === 'ok') return;
    open = false;
    body.free();
    const refusal = appended === 'too_large' ? tooLarge(deps.limits.bodyBytes, 'the body') : inFlightFull();
    refuse(deps, request, response, refusal, false);
  });
  request.on('end', () => {
    if (!open) return;
    open = false;
    const context = { tenant, receivedMs };
    exchange(deps, { signal, encoding, coding, body, context }, (outcome) =>
      answer(deps, request, response, { signal, encoding }, outcome),
    );
  });
  // The sender went away in the middle of its body: nothing was stored, and nobody is left to be told.
  request.on('close', () => {
    if (!open) return;
    open = false;
    body.free();
    countOutcome(deps.counters, 'http', signal, 'aborted');
  });
  request.on('error', () => {});
}

function answer(
  deps: Deps,
  request: IncomingMessage,
  response: ServerResponse,
  what: { signal: Signal; encoding: Encoding },
  outcome: Outcome,
) {
  if (outcome.kind === 'refused') return refuse(deps, request, response, outcome.refusal, false);
  const { rejected, message } = outcome;
  countOutcome(deps.counters, 'http', what.signal, rejected > 0 ? 'partial' : 'ok');
  const body = renderSuccess(what.signal, rejected, message, what.encoding);
  if (deps.stopping) response.setHeader('connection', 'close');
  response.writeHead(200, { 'content-type': TYPE[what.encoding], 'content-length': body.length });
  response.end(body);
}

/** Answers in the request's own type, JSON where that type is unknown. */
function refuse(
  deps: Deps,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  unread: boolean,
) {
  const path = request.url?.split('?', 1)[0] ?? '';
  countOutcome(deps.counters, 'http', PATHS[path] ?? 'none', refusal.reason);
  if (response.headersSent || response.destroyed) return;
  const encoding = encodingOf(request) ?? 'json';
  const body = renderStatus(refusal, encoding);
  response.statusCode = refusal.http;
  response.setHeader('content-type', TYPE[encoding]);
  response.setHeader('content-length', body.length);
  if (refusal.http === 405) response.setHeader('allow', 'POST');
  if (refusal.http === 401) response.setHeader('www-authenticate', 'Bearer');
  if (refusal.http === 415) response.setHeader('accept-encoding', CODINGS.join(', '));
  if (refusal.retryAfterS !== undefined)
    response.setHeader('retry-after', Math.max(1, Math.ceil(refusal.retryAfterS)));
  const declared = Number(
    request.headers['content-length'] ?? (request.headers['transfer-encoding'] ? Infinity : 0),
  );
  const small = request.complete || declared <= CHEAP_DISCARD_BYTES;
  if (unread || deps.stopping || !small) response.setHeader('connection', 'close');
  // Node reads a small rest away by itself. A body that was never asked for (100-continue) does not come.
  if (small || unread) return void response.end(body);
  response.write(body);
  discard(deps, request, response);
}

/** Reads a refused body away, within bounds, before the connection is closed: closing earlier would reset it. */
function discard(deps: Deps, request: IncomingMessage, response: ServerResponse) {
  const waiting = new AbortController();
  let bytes = 0;
  const end = () => {
    if (waiting.signal.aborted) return;
    waiting.abort();
    request.off('data', count);
    response.end();
  };
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > deps.limits.discardBytes) end();
  };
  request.on('data', count);
  request.on('end', end);
  request.on('close', end);
  request.resume();
  void deps.clock.sleep(deps.limits.discardMs, waiting.signal).then(end);
}
