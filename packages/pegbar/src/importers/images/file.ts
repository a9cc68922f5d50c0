import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fail, ok, type Result } from '../../base/result.ts';
import { unreadable } from './walk.ts';

/** A picture's bytes and what the file system says of them. */
export interface PictureFile {
  /** Absolute, as bytes: not every name is UTF-8. */
  path: Buffer;
  /** All bytes, or of a larger file the first HEAD_BYTES. */
  bytes: Uint8Array;
  /** False where `bytes` is only the head. */
  complete: boolean;
  size: number;
  mtime_ms: number;
  /** SHA-256 of all bytes, hexadecimal. */
  digest: string;
}

/** Files up to here are held in memory, a few at a time; what is larger is a film and is read in pieces. */
export const WHOLE_MOST_BYTES = 64 * 1_048_576;
/** Of larger files this much is searched for metadata. */
const HEAD_BYTES = 8 * 1_048_576;
const PIECE_BYTES = 1_048_576;

export interface FileProblem {
  code: string;
  message: string;
}

/** Reads a file and its digest. Never waits for a pipe or a device: those are no files. */
export async function readPictureFile(path: Buffer): Promise<Result<PictureFile, FileProblem>> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return fail(unreadable(error));
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return fail({ code: 'not_a_file', message: 'it is a pipe, a device or a socket' });
    if (stats.size === 0) return fail({ code: 'empty', message: 'it has no bytes' });
    const complete = stats.size <= WHOLE_MOST_BYTES;
    const head = Buffer.allocUnsafe(complete ? stats.size : HEAD_BYTES);
    const filled = await fill(file, head);
    if (filled < head.length)
      return fail({ code: 'changing', message: 'it became shorter while it was read' });
    const digest = complete ? createHash('sha256').update(head).digest('hex') : await digestOf(file);
    return ok({ path, bytes: head, complete, size: stats.size, mtime_ms: stats.mtimeMs, digest });
  } catch (error) {
    return fail(unreadable(error));
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, into: Uint8Array): Promise<number> {
  let at = 0;
  while (at < into.length) {
    const { bytesRead } = await file.read(into, at, into.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

async function digestOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** The path for people; bytes that are no UTF-8 become the sign for it. */
export const shownPath = (path: Buffer): string => path.toString('utf8');

/** `file://` of a path, byte by byte, so that names that are no UTF-8 survive. */
export function fileUri(absolute: Buffer): string {
  const text = absolute.toString('latin1').replaceAll('\\', '/');
  const encoded = text.replace(
    /[^\w\-.~/:@!$&'()*+,;=]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
  return `file://${encoded.startsWith('/') ? '' : '/'}${encoded}`;
}
