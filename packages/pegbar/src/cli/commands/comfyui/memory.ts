/** What the agent remembers between runs: the prompts that were told to their end. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** As many as ComfyUI's own history keeps. */
const PROMPTS_MOST = 10_000;

export interface Memory {
  read(): Promise<string[]>;
  /** Only a saving of work: where it cannot be written, ids that the server knows come back as duplicates. */
  add(promptIds: readonly string[]): Promise<void>;
}

export function fileMemory(directory: string, comfy: string, server: string): Memory {
  const name = createHash('sha256').update(`${comfy}\n${server}`).digest('hex').slice(0, 16);
  const path = join(directory, `comfyui-${name}.json`);
  let ids: string[] = [];
  return {
    async read() {
      try {
        const kept: unknown = JSON.parse(await readFile(path, 'utf8'));
        ids = Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : [];
      } catch {
        ids = [];
      }
      return ids;
    },
    async add(promptIds) {
      if (promptIds.length === 0) return;
      ids = [...ids, ...promptIds].slice(-PROMPTS_MOST);
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(`${path}.${process.pid}`, JSON.stringify(ids), { mode: 0o600 });
        await rename(`${path}.${process.pid}`, path);
      } catch {
        // A home that cannot be written to.
      }
    },
  };
}
