import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fail, ok, type Result } from './result.ts';

/**
 * Makes a folder and what is missing above it, readable by its owner alone. Node's `mkdir` with `recursive` never
 * comes back where the system says ENOENT for a folder that is there, as /proc does (seen with 20.20).
 * The error is a sentence for people.
 */
export function makeFolder(path: string): Result<void, string> {
  const missing: string[] = [];
  let at = resolve(path);
  for (let found = lookAt(at); found !== 'folder'; found = lookAt(at)) {
    if (found !== 'nothing') return fail(found);
    const above = dirname(at);
    if (above === at) return fail(`${path} cannot be made`);
    missing.push(at);
    at = above;
  }
  try {
    for (const folder of missing.reverse()) makeOne(folder);
    accessSync(path, constants.W_OK | constants.X_OK);
    return ok(undefined);
  } catch (error) {
    return fail(`${path} cannot be written: ${(error as Error).message}`);
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What lies at a path: a folder, nothing, or why it can be neither. */
function lookAt(path: string): string {
  try {
    return statSync(path).isDirectory() ? 'folder' : `${path} is a file, not a folder`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'nothing' : `${path} cannot be read: ${message}`;
  }
}
