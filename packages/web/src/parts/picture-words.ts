/** What pictures are called by people. */
import type { ImageRow } from '../api/index.ts';

/** The name of a file that was imported from a folder. */
export function fileOf({ uri }: Pick<ImageRow, 'uri'>): string | undefined {
  if (!uri?.startsWith('file:')) return undefined;
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const ID_CHARS = 24;
/** Enough of an id to tell it from others; digests are four times as long as anybody reads. */
export const shortId = (id: string): string =>
  id.length > ID_CHARS ? `${id.slice(0, 12)}…${id.slice(-6)}` : id;
