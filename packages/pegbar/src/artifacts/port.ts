/** Where the bytes of pictures lie. A directory is one such place, an object store will be another. */
import type { Readable } from 'node:stream';

export interface Stored {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export type PutFailure = 'too_large' | 'disk_full';

export interface ArtifactFiles {
  /** All of the source or nothing; durable when it resolves. Replaces what was there. */
  put(key: string, source: AsyncIterable<Uint8Array>, limit: number): Promise<Stored | PutFailure>;
  /** null where there is nothing under the key. */
  open(key: string): Promise<{ stream: Readable; bytes: number } | null>;
  stat(key: string): Promise<{ bytes: number; changed_ms: number } | null>;
  /** Whether there was something. */
  delete(key: string): Promise<boolean>;
  /** Deletes what lies under a prefix and was changed before a time; the number of files. */
  deleteOlder(prefix: string, before_ms: number): Promise<number>;
}
