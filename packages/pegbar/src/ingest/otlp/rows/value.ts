/** OTLP values, as protobufjs decodes them, as text: scalars plain, lists as JSON with exact integers. */
import { MAX_DEPTH } from '../spans/limits.ts';

/** What protobufjs makes of a 64-bit field. */
export interface Long {
  low: number;
  high: number;
}

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: Long;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: Uint8Array;
}

export interface KeyValue {
  key?: string;
  value?: AnyValue | null;
}

export const unsigned = (long: Long): bigint => (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0);
export const signed = (long: Long): bigint => (BigInt(long.high | 0) << 32n) | BigInt(long.low >>> 0);

/** The member of the oneof that was sent; of several the last. */
function kindOf(value: AnyValue): keyof AnyValue | undefined {
  return Object.keys(value).at(-1) as keyof AnyValue | undefined;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** Text of a value: '' for an empty one, base64 for bytes, JSON for lists. */
export function plainText(value: AnyValue | null | undefined): string {
  if (!value) return '';
  switch (kindOf(value)) {
    case undefined:
      return '';
    case 'stringValue':
      return value.stringValue!;
    case 'boolValue':
      return value.boolValue ? 'true' : 'false';
    case 'intValue':
      return signed(value.intValue!).toString();
    case 'doubleValue':
      return String(value.doubleValue);
    case 'bytesValue':
      return base64(value.bytesValue!);
    default:
      return jsonText(value);
  }
}

/** JSON of a value. What lies `MAX_DEPTH` levels deep is null. */
export function jsonText(value: AnyValue | null | undefined, depth = 0): string {
  if (!value || depth >= MAX_DEPTH) return 'null';
  switch (kindOf(value)) {
    case undefined:
      return 'null';
    case 'boolValue':
    case 'intValue':
      return plainText(value);
    case 'doubleValue':
      return Number.isFinite(value.doubleValue) ? String(value.doubleValue) : `"${value.doubleValue}"`;
    case 'arrayValue': {
      const items = value.arrayValue?.values ?? [];
      return `[${items.map((item) => jsonText(item, depth + 1)).join(',')}]`;
    }
    case 'kvlistValue': {
      const members = new Map<string, string>();
      for (const { key = '', value: member } of value.kvlistValue?.values ?? []) {
        if (!members.has(key)) members.set(key, jsonText(member, depth + 1));
      }
      return `{${Array.from(members, ([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
    }
    default:
      return JSON.stringify(plainText(value));
  }
}
