/** Two small encodings of gRPC's wire protocol. */

const UNIT_MS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** `grpc-timeout` in milliseconds; Infinity when absent or not understood, since it is the sender's own wish. */
export function deadlineMs(header: string | string[] | undefined): number {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  if (!match) return Number.POSITIVE_INFINITY;
  return Number(match[1]) * (UNIT_MS[match[2]!] ?? Number.POSITIVE_INFINITY);
}

/** `grpc-message`: UTF-8 with everything but printable ASCII, and `%` itself, as `%XX`. */
export function percentEncode(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  let out = '';
  for (const byte of Buffer.from(message, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
