/**
 * Artifacts as files of a directory. A file is written aside, synced and renamed, so that nobody ever reads half of
 * one. Keys are made by us of hexadecimal digits: nothing that a sender says becomes part of a path.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactFiles } from './port.ts';

const KEY = /^[0-9a-f]{16}(?:\/[0-9a-f]{2}){1}\/[0-9a-f]{62}\.[a-z]{1,16}$/;
const PREFIX = /^[0-9a-f]{16}$/;

export function directoryFiles(root: string): ArtifactFiles {
  let writes = 0;

  function pathOf(key: string): string {
    if (!KEY.test(key)) throw new Error(`not a key of an artifact: ${key}`);
    return join(root, key);
  }

  return {
    async put(key, source, limit) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const beside = `${path}.${process.pid}.${++writes}.part`;
      const file = await open(beside, 'w', 0o600);
      const hash = createHash('sha256');
      let bytes = 0;
      try {
        for await (const part of source) {
          bytes += part.length;
          if (bytes > limit) return 'too_large';
          hash.update(part);
          await file.write(part);
        }
        await file.datasync();
        await file.close();
        await rename(beside, path);
        return { bytes, sha256: hash.digest('hex') };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return 'disk_full';
        throw error;
      } finally {
        await file.close().catch(() => undefined);
        await rm(beside, { force: true });
      }
    },
    async open(key) {
      try {
        const file = await open(pathOf(key), 'r');
        const { size } = await file.stat();
        return { stream: file.createReadStream(), bytes: size };
      } catch (error) {
        return missing(error, null);
      }
    },
    async stat(key) {
      try {
        const { size, mtimeMs } = await stat(pathOf(key));
        return { bytes: size, changed_ms: mtimeMs };
      } catch (error) {
        return missing(error, null);
      }
    },
    async delete(key) {
      try {
        await unlink(pathOf(key));
        return true;
      } catch (error) {
        return missing(error, false);
      }
    },
    async deleteOlder(prefix, before_ms) {
      if (!PREFIX.test(prefix)) throw new Error(`not a prefix of artifacts: ${prefix}`);
      const folder = join(root, prefix);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        (error: unknown) => missing(error, []),
      );
      let deleted = 0;
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const told = await stat(path).catch(() => undefined);
        if (!told || told.mtimeMs >= before_ms) continue;
        await rm(path, { force: true });
        deleted += 1;
      }
      return deleted;
    },
  };
}

function missing<T>(error: unknown, nothing: T): T {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return nothing;
  throw error;
}
