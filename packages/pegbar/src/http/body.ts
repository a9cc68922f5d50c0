/** Bodies within bounds: by declared length, as they arrive, and after inflating. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal } from './failure.ts';

const inflate = promisify(gunzip);

/** Content types that a header may name for one that a route takes. */
export function checkContentType(header: string | undefined, takes: readonly string[]): string {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const fits = takes.some((one) => (one.endsWith('/*') ? type.startsWith(one.slice(0, -1)) : type === one));
  if (fits) return type;
  throw new Refusal(
    'unsupported_media_type',
    type === '' ? 'the body has no Content-Type' : `Content-Type ${type.slice(0, 100)} is not taken here`,
    { field: 'Content-Type', hint: `Send ${takes.join(', ')}.` },
  );
}

/** The whole body, inflated. Never holds more than `limit` bytes of either form. */
export async function readBody(request: Request, limit: number): Promise<Buffer> {
  const coding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (coding !== 'identity' && coding !== 'gzip' && coding !== 'x-gzip')
    throw new Refusal('unsupported_media_type', `Content-Encoding ${coding.slice(0, 40)} is not taken here`, {
      field: 'Content-Encoding',
      hint: 'Send gzip or none.',
    });
  const packed = await collect(request, limit);
  if (coding === 'identity' || packed.length === 0) return packed;
  try {
    return await inflate(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(limit, 'the decompressed body');
    throw new Refusal('invalid_encoding', 'the body is not gzip, or was cut');
  }
}

async function collect(request: Request, limit: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit, 'the body');
  if (request.body === null) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(limit, 'the body');
    }
    parts.push(value);
  }
  return parts.length === 1
    ? Buffer.from(parts[0]!.buffer, parts[0]!.byteOffset, size)
    : Buffer.concat(parts);
}

export const tooLarge = (limit: number, what: string): Refusal =>
  new Refusal('too_large', `${what} is larger than ${limit} bytes`);

/** A JSON object of a small body. */
export async function readJson(request: Request, limit: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, limit);
  let value: unknown;
  try {
    value = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal('invalid_json', 'the body is not JSON', { hint: 'Send one JSON object.' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal('invalid_request', 'the body is not a JSON object');
  return value as Record<string, unknown>;
}
