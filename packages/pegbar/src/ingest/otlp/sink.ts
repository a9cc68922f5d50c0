/** What the OTLP servers hand over, and what they need to know to answer. */
export type Signal = 'traces' | 'metrics' | 'logs';

export interface OtlpContext {
  /** The tenant that the key fixes; null on keyless loopback, where the body's own tenant counts. */
  tenant: string | null;
  /** Wall clock at the arrival of the request's head, milliseconds since the epoch. */
  receivedMs: number;
}

export type Accepted =
  /** Answered only after `durable` resolved; when it rejects, the sender is told to retry. */
  | { kind: 'accepted'; rejected: number; message: string; durable: Promise<void> }
  /** Undecodable: nothing of the request was kept. */
  | { kind: 'malformed'; message: string }
  | { kind: 'overloaded'; reason: string; retryAfterS: number };

export interface OtlpSink {
  /**
   * Takes one decompressed `Export*ServiceRequest` in protobuf. Synchronous: when it returns, everything that
   * is kept of `body` has been copied, and the caller may reuse or drop the bytes.
   */
  accept(signal: Signal, body: Uint8Array, context: OtlpContext): Accepted;
  /** Asked before a body is read; non-null turns the request away at once. */
  pressure(): { reason: string; retryAfterS: number } | null;
}
