/** Small steps on files that the spool's parts share. */
import { type FileHandle, open, readdir } from 'node:fs/promises';

/** Most buffers that one writev takes on Linux is 1024. */
const PARTS_PER_WRITE = 512;

export const nameOf = (number: number): string => String(number).padStart(10, '0');

/** Writes all parts from `position` on; writev may write less than asked for. */
export async function writeAll(
  file: FileHandle,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position;
  let rest = parts.filter((part) => part.length > 0);
  while (rest.length > 0) {
    const batch = rest.slice(0, PARTS_PER_WRITE);
    const { bytesWritten } = await file.writev(batch, at);
    at += bytesWritten;
    rest = after(batch, bytesWritten).concat(rest.slice(PARTS_PER_WRITE));
  }
}

function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      rest.push(part.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}

/** Numbers of the files `NNNNNNNNNN.extension` in a folder, ascending. */
export async function numbered(dir: string, extension: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(dir)) {
    const match = /^(\d{10})\.(\w+)$/.exec(name);
    if (match && match[2] === extension) numbers.push(Number(match[1]));
  }
  return numbers.sort((a, b) => a - b);
}

/** Makes names that were given or taken in a folder durable. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
