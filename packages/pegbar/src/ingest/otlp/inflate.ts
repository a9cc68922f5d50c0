/** Content codings, inflated under a cap. The size that a sender claims is a hint and never believed. */
import * as zlib from 'node:zlib';
import { INLINE_INFLATE_BYTES } from './limits.ts';

export type Coding = 'identity' | 'gzip' | 'deflate' | 'zstd';

export type Inflated =
  | { kind: 'ok'; bytes: Buffer }
  | { kind: 'too_large' }
  | { kind: 'in_flight' }
  | { kind: 'corrupt'; message: string };

interface Options {
  chunkSize: number;
  maxOutputLength: number;
}
type Done = (error: NodeJS.ErrnoException | null, bytes: Buffer) => void;
interface Codec {
  sync(input: Buffer, options: Options): Buffer;
  async(input: Buffer, options: Options, done: Done): void;
}

/** Node gained zstd in 22.15; on older ones the coding is refused. */
const withZstd = zlib as unknown as { zstdDecompressSync?: Codec['sync']; zstdDecompress?: Codec['async'] };

const CODECS: Partial<Record<Coding, Codec>> = {
  gzip: { sync: zlib.gunzipSync, async: zlib.gunzip },
  deflate: { sync: zlib.inflateSync, async: zlib.inflate },
};
if (withZstd.zstdDecompressSync && withZstd.zstdDecompress) {
  CODECS.zstd = { sync: withZstd.zstdDecompressSync, async: withZstd.zstdDecompress };
}

export const CODINGS: readonly string[] = ['identity', ...Object.keys(CODECS)];

/** The coding that a header names, or null for one that is not spoken here. One coding only, no chains. */
export function codingOf(header: string | undefined): Coding | null {
  const name = header?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return 'identity';
  if (name === 'x-gzip') return 'gzip';
  return CODINGS.includes(name) ? (name as Coding) : null;
}

/** Deflate cannot do better than 1032 to 1, so a larger claim is a lie or damage. */
const DEFLATE_RATIO = 1040;
/** Where the trailer is missing: text and protobuf batches shrink about this much. */
const USUAL_RATIO = 6;
const CHUNK_MIN = 16 * 1024;
/** Above the claimed size, so that an honest body ends within its first chunk. */
const SLACK = 64;

export interface InflateLimits {
  /** Most bytes after inflating. */
  bytes: number;
  /** Reserves memory for the output before it is allocated; false turns the request away. */
  hold(bytes: number): boolean;
}

/**
 * Calls `done` with the inflated bytes. Small bodies are inflated in place (`done` is called before this returns),
 * large ones on libuv's pool. gzip's trailer (the size modulo 2^32 of the last member) sizes the first try; what
 * turns out larger is tried once more under the full limit.
 */
export function inflate(
  input: Buffer,
  coding: Coding,
  limits: InflateLimits,
  done: (result: Inflated) => void,
) {
  const codec = CODECS[coding];
  if (!codec) return done(input.length > limits.bytes ? { kind: 'too_large' } : { kind: 'ok', bytes: input });
  const claimed = coding === 'gzip' && input.length >= 18 ? input.readUInt32LE(input.length - 4) : -1;
  if (claimed > limits.bytes) {
    // An honest bomb says so in its trailer: refused without inflating a byte of it.
    if (claimed <= input.length * DEFLATE_RATIO) return done({ kind: 'too_large' });
    return done({ kind: 'corrupt', message: 'the gzip trailer names an impossible size' });
  }
  const guess = claimed >= 0 ? claimed + SLACK : input.length * USUAL_RATIO;
  const first = Math.min(Math.max(guess, CHUNK_MIN), limits.bytes);
  const inline = first <= INLINE_INFLATE_BYTES;
  const cap = inline ? Math.min(INLINE_INFLATE_BYTES, limits.bytes) : claimed >= 0 ? first : limits.bytes;
  if (!limits.hold(inline ? first : cap)) return done({ kind: 'in_flight' });
  const settle = (result: Inflated) => {
    if (result.kind !== 'too_large' || cap >= limits.bytes) return done(result);
    if (!limits.hold(limits.bytes)) return done({ kind: 'in_flight' });
    onPool(codec, input, { chunkSize: INLINE_INFLATE_BYTES, maxOutputLength: limits.bytes }, done);
  };
  if (inline) settle(inPlace(codec, input, { chunkSize: first, maxOutputLength: cap }));
  else onPool(codec, input, { chunkSize: first, maxOutputLength: cap }, settle);
}

function inPlace(codec: Codec, input: Buffer, options: Options): Inflated {
  try {
    return { kind: 'ok', bytes: codec.sync(input, options) };
  } catch (error) {
    return failure(error as NodeJS.ErrnoException);
  }
}

function onPool(codec: Codec, input: Buffer, options: Options, done: (result: Inflated) => void) {
  codec.async(input, options, (error, bytes) => done(error ? failure(error) : { kind: 'ok', bytes }));
}

function failure(error: NodeJS.ErrnoException): Inflated {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
  return { kind: 'corrupt', message: `the body does not inflate: ${error.message}` };
}
