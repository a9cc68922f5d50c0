/** The OTLP room: two servers in front of one sink, and the decoders behind it. */

export { startOtlpGrpc } from './grpc.ts';
export { type Authenticate, type Authenticated, authenticateLoopback } from './guard.ts';
export { type OtlpServer, type OtlpServerOptions, startOtlpHttp } from './http.ts';
export { OTLP_LIMITS, type OtlpLimits } from './limits.ts';
export { decodeLogs } from './rows/logs.ts';
export { decodeMetrics } from './rows/metrics.ts';
export type { DecodedRows, ProtectionOf, RowSink, TextProtection } from './rows/rows.ts';
export type { Accepted, OtlpContext, OtlpSink, Signal } from './sink.ts';
export { MalformedError } from './spans/wire.ts';
