const KIB = 1024;
const MIB = 1024 * KIB;

/** Every bound of the two OTLP servers. Tests and settings may replace single ones. */
export interface OtlpLimits {
  /** Bytes of one body as sent, and again after decompression. 64 MiB is what OTLP 1.11 recommends. */
  bodyBytes: number;
  inflatedBytes: number;
  /** Bytes held for all requests that are being read, inflated or decoded, over all connections of one server. */
  inFlightBytes: number;
  /** Open connections of one server; further ones are closed at once. */
  connections: number;
  /** Milliseconds for a request's head; an idle or dripping connection is closed after it. */
  headMs: number;
  /** Milliseconds for head and body together; most exporters give up after 10 s anyway. */
  requestMs: number;
  /** Milliseconds that an idle HTTP connection stays open: above the 90 s of Go's clients, so that they close first. */
  keepAliveMs: number;
  /** Milliseconds that an idle gRPC connection stays open; clients reconnect by themselves. */
  sessionIdleMs: number;
  /** Unary calls at a time on one gRPC connection. */
  streamsPerSession: number;
  /** PING and SETTINGS frames of one gRPC connection in ten seconds; honest clients send a handful. */
  controlFramesPer10s: number;
  /** Bytes and milliseconds spent on discarding a refused body, so that the sender gets to read the answer. */
  discardBytes: number;
  discardMs: number;
}

export const OTLP_LIMITS: OtlpLimits = {
  bodyBytes: 64 * MIB,
  inflatedBytes: 64 * MIB,
  inFlightBytes: 256 * MIB,
  connections: 2048,
  headMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 120_000,
  sessionIdleMs: 900_000,
  streamsPerSession: 128,
  controlFramesPer10s: 1000,
  discardBytes: 256 * MIB,
  discardMs: 30_000,
};

/** One request's head. Keys, trace context and a proxy's headers fit many times over. */
export const HEAD_BYTES = 16 * KIB;
export const HEAD_FIELDS = 100;

/** Refused bodies up to this size are simply read away and the connection lives on. */
export const CHEAP_DISCARD_BYTES = MIB;

/** First allocation for a body. Usual batches fit; a declared length alone never reserves more than this. */
export const FIRST_CHUNK_BYTES = MIB;
/** The same where no length is declared: chunked bodies are mostly small. */
export const UNDECLARED_CHUNK_BYTES = 64 * KIB;

/**
 * Buffers of bodies that have been decoded are kept for those to come, up to this sum. A new one for each body would
 * be memory outside of V8's heap, of which every 64 MB make it collect everything: a third of ingest's time.
 */
export const POOL_BYTES = 8 * MIB;

/** Inflating more than this leaves the event loop for libuv's pool; below it, the hop costs more than the work. */
export const INLINE_INFLATE_BYTES = MIB;

/** A message of ours in an answer, UTF-8 bytes. gRPC carries it percent-encoded in a header block of 8 KiB. */
export const MESSAGE_BYTES = 1024;

/** Seconds after which a sender shall try again when the disk refused the commit or the in-flight bytes are used up. */
export const RETRY_AFTER_S = 2;

/** HTTP/2 flow control: one batch in flight per stream without waiting, several per connection (`facts/ingest.md` §6). */
export const STREAM_WINDOW_BYTES = 4 * MIB;
export const SESSION_WINDOW_BYTES = 16 * MIB;
/** Node's own account of one HTTP/2 session, megabytes: windows, header tables and queued frames. */
export const SESSION_MEMORY_MB = 32;
