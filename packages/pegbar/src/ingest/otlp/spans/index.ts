/** Spans over protobuf: bytes → rows of `spans` and `span_events`. */
export { createSpanDecoder, type SpanContext, type SpanDecoder, type SpanDecoderOptions } from './decoder.ts';
export { type Fingerprint, fingerprintHex, fingerprintWords } from './fingerprint.ts';
export type { SpanBlocks } from './rows.ts';
export type { Decoded } from './tally.ts';
export type { DedupWindow } from './tenants.ts';
export { MalformedError } from './wire.ts';
