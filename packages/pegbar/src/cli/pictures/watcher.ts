import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import {
  type Candidate,
  isPictureName,
  type Journal,
  readFacts,
  readPictureFile,
  sentKey,
  type WalkCounts,
  walk,
} from '../../importers/index.ts';

/** A file that nobody wrote to for so long is whole: generators write a picture at once, copies take longer. */
export const SETTLE_MS = 1_500;
/** A copy over a slow line may rest for longer: a file that is cut is waited for, and after this sent as it is. */
const PATIENCE_MS = 30_000;
/** Names heard of and not yet sent; what is more is found by looking through the folders again. */
const PENDING_MOST = 10_000;
/** Files that could not be taken are not tried again until they change. */
const REFUSED_MOST = 100_000;

export interface Watcher {
  /** Files that are whole and new: those heard of, or with `all` every one in the folders. */
  ready(all: boolean): AsyncGenerator<Candidate>;
  /** Whether names were lost, so that the folders should be looked through now. */
  lost(): boolean;
  /** A file that is not to be tried again until it changes. */
  refuse(path: Buffer): Promise<void>;
  close(): void;
}

/**
 * Hears of new files below folders. What the system tells is a hint only: it may be late, doubled or lost, so that
 * every file is looked at before it is sent, and all folders are looked through from time to time.
 */
export function watchFolders(
  roots: readonly Buffer[],
  { clock, journal, say }: { clock: Clock; journal: Journal; say: (text: string) => void },
): Watcher {
  const pending = new Map<string, Buffer>();
  const refused = new Set<string>();
  let lost = false;
  const watchers: FSWatcher[] = [];
  for (const root of roots) {
    try {
      // On Linux names come as text whatever is asked for; one that is no UTF-8 is found by looking.
      const one = watch(root.toString('utf8'), { recursive: true }, (_event, name) => {
        if (name === null || name.includes('\ufffd')) lost = true;
        else hear(Buffer.concat([root, SLASH, Buffer.from(name)]));
      });
      one.on('error', (error) => {
        say(
          `pegbar: the system stopped telling of new files (${error.message}); the folders are looked through instead`,
        );
        lost = true;
      });
      watchers.push(one);
    } catch (error) {
      // Too many folders for the system's limit, or a network drive: looking through them is slower and enough.
      say(
        `pegbar: the system does not tell of new files (${(error as Error).message}); the folders are looked through`,
      );
    }
  }

  function hear(path: Buffer): void {
    if (!isPictureName(path)) return;
    if (pending.size >= PENDING_MOST) lost = true;
    else pending.set(path.toString('latin1'), path);
  }

  /** Undefined for a file that is known or gone; false while it is being written. */
  async function isNew(path: Buffer): Promise<boolean | undefined> {
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile()) return undefined;
    const key = sentKey(path, stats.size, stats.mtimeMs);
    if (journal.has(key) || refused.has(key)) return undefined;
    // A clock that was set back, or a file copied with its old time, would otherwise wait for ever or not at all.
    const age = clock.now() - Math.max(stats.mtimeMs, stats.ctimeMs);
    if (age < 0 || age >= PATIENCE_MS) return true;
    return age >= SETTLE_MS && (await isWhole(path));
  }

  async function* heard(): AsyncGenerator<Candidate> {
    for (const [key, path] of [...pending]) {
      const fresh = await isNew(path);
      if (fresh === false) continue;
      pending.delete(key);
      if (fresh) yield { path };
    }
  }

  async function* everything(): AsyncGenerator<Candidate> {
    lost = false;
    const counts: WalkCounts = { other: 0, hidden: 0 };
    for await (const one of walk(roots, counts)) {
      // What cannot even be looked at is told by `import images`; here it would be told at every round.
      if ('problem' in one) continue;
      const fresh = await isNew(one.path);
      if (fresh) yield one;
      else if (fresh === false) hear(one.path);
    }
  }

  return {
    ready: (all) => (all ? everything() : heard()),
    lost: () => lost,
    async refuse(path) {
      const stats = await stat(path).catch(() => undefined);
      if (!stats) return;
      if (refused.size >= REFUSED_MOST) refused.clear();
      refused.add(sentKey(path, stats.size, stats.mtimeMs));
    },
    close() {
      for (const one of watchers) one.close();
    },
  };
}

const SLASH = Buffer.from('/');

/** Whether the file has its own end; what cannot be read is told when it is sent. */
async function isWhole(path: Buffer): Promise<boolean> {
  const read = await readPictureFile(path);
  return !read.ok || !read.value.complete || readFacts(read.value.bytes)?.whole !== false;
}
