/** The header `Range` over bytes that are here: one range, as players of clips ask for it (RFC 9110 §14). */

export type ByteRange =
  | { kind: 'whole' }
  | { kind: 'part'; start: number /** Included. */; end: number }
  | { kind: 'unsatisfiable' };

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** What a header asks of `size` bytes. Several ranges and other units may be ignored, and are: all is answered. */
export function byteRange(header: string | null, size: number): ByteRange {
  const found = header === null ? null : ONE_RANGE.exec(header.trim());
  if (!found || (found[1] === '' && found[2] === '')) return { kind: 'whole' };
  if (found[1] === '') {
    const last = Math.min(size, Number(found[2]));
    return last === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: size - last, end: size - 1 };
  }
  const start = Number(found[1]);
  const end = found[2] === '' ? size - 1 : Math.min(size - 1, Number(found[2]));
  if (found[2] !== '' && Number(found[2]) < start) return { kind: 'whole' };
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
}

/** The answer to a request for bytes, whole or in part; a part only of what has not changed since `If-Range`. */
export function bytesAnswer(request: Request, bytes: Uint8Array, headers: Record<string, string>): Response {
  const ifRange = request.headers.get('if-range');
  const asked = ifRange !== null && ifRange !== headers.etag ? null : request.headers.get('range');
  const range = byteRange(asked, bytes.length);
  const all = { ...headers, 'accept-ranges': 'bytes' };
  if (range.kind === 'unsatisfiable')
    return new Response(null, {
      status: 416,
      headers: { ...all, 'content-range': `bytes */${bytes.length}` },
    });
  if (range.kind === 'whole')
    return new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { ...all, 'content-length': String(bytes.length) },
    });
  const part = bytes.subarray(range.start, range.end + 1);
  return new Response(part as Uint8Array<ArrayBuffer>, {
    status: 206,
    headers: {
      ...all,
      'content-length': String(part.length),
      'content-range': `bytes ${range.start}-${range.end}/${bytes.length}`,
    },
  });
}
