/** What a file of pictures says of itself, before anybody asks which generator wrote it. */
export interface PictureFacts {
  type: MediaType;
  width: number | undefined;
  height: number | undefined;
  /** Frames and their durations, of a moving picture. */
  frames: number;
  duration_ms: number | undefined;
  /** Texts by keyword: PNG's own, `UserComment` and other EXIF tags by their names, tags of a film. */
  texts: Map<string, string>;
  /** When it was made, where the file says it; epoch milliseconds. */
  time_ms: number | undefined;
  /** False where the bytes end before the picture does. */
  whole: boolean;
}

export type MediaType = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif' | 'video/mp4' | 'video/webm';

export const newFacts = (type: MediaType): PictureFacts => ({
  type,
  width: undefined,
  height: undefined,
  frames: 1,
  duration_ms: undefined,
  texts: new Map(),
  time_ms: undefined,
  whole: true,
});

/** One text: the graphs of large workflows reach a few MiB; beyond it is an attack on the memory. */
export const TEXT_MOST_BYTES = 8 * 1_048_576;
/** Texts of one file: generators write at most some ten. */
const TEXTS_MOST = 128;
/** All texts of one file together. */
const TEXTS_MOST_CHARACTERS = 16 * 1_048_576;

/** Keeps a text; the first of a keyword counts, because a second one was added by a later program. */
export function addText(facts: PictureFacts, keyword: string, text: string): void {
  if (facts.texts.has(keyword) || facts.texts.size >= TEXTS_MOST) return;
  let held = text.length;
  for (const one of facts.texts.values()) held += one.length;
  if (held <= TEXTS_MOST_CHARACTERS) facts.texts.set(keyword, text);
}

export const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** UTF-8 where it is, else Latin-1: many programs write UTF-8 where the format wants Latin-1. */
export function lenientText(bytes: Uint8Array): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}
