/** Pictures by reference: files of this machine that are shown and never copied, within the tenant's folders only. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bytes of a file that a URI names; null where it may not be read, is not there or is too large. */
export async function readReference(
  uri: string,
  roots: readonly string[],
  limit: number,
): Promise<Buffer | null> {
  const path = pathOf(uri);
  if (path === null || roots.length === 0) return null;
  try {
    // Links are followed first: what counts is where the bytes really are.
    const real = await realpath(path);
    if (!(await isWithin(real, roots))) return null;
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const told = await file.stat();
      return told.isFile() && told.size <= limit ? await file.readFile() : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

async function isWithin(real: string, roots: readonly string[]): Promise<boolean> {
  for (const root of roots) {
    const folder = await realpath(root).catch(() => undefined);
    if (folder !== undefined && real.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return true;
  }
  return false;
}

function pathOf(uri: string): string | null {
  try {
    if (uri.startsWith('file://')) return fileURLToPath(uri);
  } catch {
    return null;
  }
  return isAbsolute(uri) && !uri.includes('\0') ? uri : null;
}
