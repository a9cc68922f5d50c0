/** What bytes are, by how they begin; never by what a sender calls them. */
export const MEDIA_TYPES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'video/mp4',
  'video/webm',
] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** Bytes that decide. */
export const HEAD_BYTES = 16;

/** undefined for anything that is not taken. */
export function sniff(head: Uint8Array): MediaType | undefined {
  const text = (from: number, to: number): string => Buffer.from(head.subarray(from, to)).toString('latin1');
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (text(0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp';
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'image/gif';
  if (text(4, 8) === 'ftyp') return 'video/mp4';
  if (text(0, 4) === '\x1a\x45\xdf\xa3') return 'video/webm';
  return undefined;
}

export const isPicture = (type: MediaType): boolean => type.startsWith('image/');
