/**
 * OTLP/JSON to protobuf, byte to byte, so that JSON takes the same decoders as protobuf.
 *
 * One pass over the UTF-8 text, led by `schema.ts`, without `JSON.parse`: 64-bit integers written as JSON numbers
 * keep every digit (a parsed double would not above 2^53), ignored fields cost no objects, and depth is bounded.
 * The rules: trace and span ids are hex of any case; other bytes are base64; enums are integers only; names are
 * lowerCamelCase only and unknown ones are skipped (but must be valid JSON); 64-bit integers may be numbers or
 * strings; `null` means unset. An id that is not hex becomes one zero byte, which no decoder takes for an id: its
 * item is rejected alone. Lone surrogates become U+FFFD; invalid UTF-8 is copied and left to the decoder.
 */
import { fail, ok, type Result } from '../../base/result.ts';
import { JsonReader, JsonSyntaxError } from './json-reader.ts';
import { MESSAGES, REQUEST } from './schema.ts';
import type { Signal } from './sink.ts';
import { WireWriter } from './wire-writer.ts';

export type JsonFailure = { kind: 'malformed' | 'too_large'; message: string };

/** Transcodes one request; `limitBytes` bounds the protobuf form (packed doubles can outgrow their text). */
export function jsonToProtobuf(
  signal: Signal,
  text: Uint8Array,
  limitBytes: number,
): Result<Uint8Array, JsonFailure> {
  const reader = new JsonReader(text);
  const writer = new WireWriter(Math.min(text.length, limitBytes), limitBytes);
  try {
    reader.space();
    message(reader, writer, REQUESTS[signal], 0);
    reader.end();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return fail({ kind: 'malformed', message: error.message });
    if (error instanceof RangeError && writer.full) {
      return fail({ kind: 'too_large', message: `the request exceeds ${limitBytes} bytes as protobuf` });
    }
    throw error;
  }
  return ok(writer.bytes());
}

/** Protobuf's own usual limit; honest requests stay under ten plus the nesting of their attributes. */
export const JSON_DEPTH = 100;

interface Field {
  name: string;
  key: Uint8Array;
  number: number;
  repeated: boolean;
  /** Set for messages. */
  message: Message | null;
  scalar: Writer | null;
  packed: boolean;
}
interface Message {
  name: string;
  /** By length and first byte of the name: a bucket holds one or two fields. */
  buckets: Map<number, Field[]>;
}
type Writer = (reader: JsonReader, writer: WireWriter, field: Field) => void;

const LEN = 2;
const VARINT = 0;

/** The text of a number, quoted or not. */
function numeral(reader: JsonReader, field: Field): string {
  const text = reader.peek() === 0x22 ? reader.string() : reader.number();
  if (text.length > 64) throw reader.error(`${field.name}: a number of ${text.length} characters`);
  return text;
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function integer(reader: JsonReader, field: Field, min: bigint, max: bigint): bigint {
  let value: bigint;
  if (reader.wholeNumber()) {
    value =
      reader.high === 0 ? BigInt(reader.low) : BigInt(reader.high) * 1_000_000_000n + BigInt(reader.low);
    if (value > max) throw reader.error(`${field.name}: out of range`);
    return value;
  }
  const text = numeral(reader, field);
  if (INTEGER.test(text)) value = BigInt(text);
  else if (NUMBER.test(text) && Number.isInteger(Number(text))) value = BigInt(Number(text));
  else throw reader.error(`${field.name}: expected an integer`);
  if (value < min || value > max) throw reader.error(`${field.name}: out of range`);
  return value;
}

const INT32 = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const UINT32 = [0n, 2n ** 32n - 1n] as const;
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const UINT64 = [0n, 2n ** 64n - 1n] as const;

function double(reader: JsonReader, field: Field): number {
  const text = numeral(reader, field);
  if (NUMBER.test(text)) return Number(text);
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity') return Number.POSITIVE_INFINITY;
  if (text === '-Infinity') return Number.NEGATIVE_INFINITY;
  throw reader.error(`${field.name}: expected a number`);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const NOT_AN_ID = Uint8Array.of(0);

function base64(reader: JsonReader, field: Field): Uint8Array {
  const text = reader.string();
  if (!BASE64.test(text)) throw reader.error(`${field.name}: expected base64`);
  return Buffer.from(text, 'base64');
}

function hexId(reader: JsonReader): Uint8Array {
  const text = reader.string();
  return HEX.test(text) ? Buffer.from(text, 'hex') : NOT_AN_ID;
}

function enumeration(reader: JsonReader, field: Field): bigint {
  if (reader.peek() === 0x22) throw reader.error(`${field.name}: enums are integers in OTLP/JSON`);
  return integer(reader, field, ...INT32);
}

/** Wire type and value writer of each scalar; the tag is written by the caller. */
const SCALARS: Record<string, { wire: number; write: Writer }> = {
  string: { wire: LEN, write: (r, w) => r.stringInto(w) },
  bytes: { wire: LEN, write: (r, w, f) => w.lengthPrefixed(base64(r, f)) },
  id: { wire: LEN, write: (r, w) => w.lengthPrefixed(hexId(r)) },
  bool: { wire: VARINT, write: (r, w) => w.byte(r.boolean() ? 1 : 0) },
  enum: { wire: VARINT, write: (r, w, f) => w.varint64(enumeration(r, f)) },
  uint32: { wire: VARINT, write: (r, w, f) => w.varint64(integer(r, f, ...UINT32)) },
  sint32: { wire: VARINT, write: (r, w, f) => w.zigzag32(Number(integer(r, f, ...INT32))) },
  fixed32: { wire: 5, write: (r, w, f) => w.fixed32(Number(integer(r, f, ...UINT32))) },
  int64: { wire: VARINT, write: (r, w, f) => w.varint64(integer(r, f, ...INT64)) },
  uint64: { wire: VARINT, write: (r, w, f) => w.varint64(integer(r, f, ...UINT64)) },
  fixed64: { wire: 1, write: (r, w, f) => w.fixed64(integer(r, f, ...UINT64)) },
  sfixed64: { wire: 1, write: (r, w, f) => w.fixed64(integer(r, f, ...INT64)) },
  double: { wire: 1, write: (r, w, f) => w.double(double(r, f)) },
};

const bucketOf = (length: number, first: number): number => length * 256 + first;

function compile(): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const name of Object.keys(MESSAGES)) messages.set(name, { name, buckets: new Map() });
  for (const [name, spec] of Object.entries(MESSAGES)) {
    const { buckets } = messages.get(name)!;
    for (const [fieldName, [number, type]] of Object.entries(spec)) {
      const repeated = type.endsWith('[]');
      const base = repeated ? type.slice(0, -2) : type;
      const scalar = SCALARS[base];
      const key = Buffer.from(fieldName);
      const packed = repeated && scalar !== undefined && scalar.wire !== LEN;
      const bucket = bucketOf(key.length, key[0]!);
      const field: Field = {
        name: fieldName,
        key,
        number: (number << 3) | (scalar && !packed ? scalar.wire : LEN),
        repeated,
        message: messages.get(base) ?? null,
        scalar: scalar?.write ?? null,
        packed,
      };
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), field]);
    }
  }
  return messages;
}

const COMPILED = compile();
const REQUESTS: Record<Signal, Message> = {
  traces: COMPILED.get(REQUEST.traces)!,
  metrics: COMPILED.get(REQUEST.metrics)!,
  logs: COMPILED.get(REQUEST.logs)!,
};

/** Reads a key and its colon; undefined for a field that is not ours. */
function readField(reader: JsonReader, of: Message): Field | undefined {
  reader.key();
  const { name, nameStart, nameEnd } = reader;
  const length = nameEnd - nameStart;
  const candidates = of.buckets.get(bucketOf(length, name[nameStart] ?? 0));
  if (!candidates || length === 0) return undefined;
  next: for (const field of candidates) {
    for (let i = 1; i < length; i++) if (name[nameStart + i] !== field.key[i]) continue next;
    return field;
  }
  return undefined;
}

/** Writes the fields of one JSON object. */
function message(reader: JsonReader, writer: WireWriter, of: Message, depth: number) {
  if (depth > JSON_DEPTH) throw reader.error(`nested deeper than ${JSON_DEPTH} levels`);
  reader.open(0x7b, of.name);
  if (reader.closes(0x7d)) return;
  do {
    const field = readField(reader, of);
    if (!field) reader.skip(depth + 1, JSON_DEPTH);
    else if (!reader.nothing()) value(reader, writer, field, depth + 1);
  } while (reader.more(0x7d));
}

function value(reader: JsonReader, writer: WireWriter, field: Field, depth: number) {
  if (!field.repeated) return element(reader, writer, field, depth);
  reader.open(0x5b, field.name);
  if (reader.closes(0x5d)) return;
  if (!field.packed) {
    do element(reader, writer, field, depth);
    while (reader.more(0x5d));
    return;
  }
  writer.varint32(field.number);
  const start = writer.begin();
  do field.scalar!(reader, writer, field);
  while (reader.more(0x5d));
  writer.finish(start);
}

function element(reader: JsonReader, writer: WireWriter, field: Field, depth: number) {
  writer.varint32(field.number);
  if (!field.message) return field.scalar!(reader, writer, field);
  const start = writer.begin();
  message(reader, writer, field.message, depth);
  writer.finish(start);
}
