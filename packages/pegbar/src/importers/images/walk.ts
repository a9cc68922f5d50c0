import { Buffer } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';

/** A file that may be a picture, or why something in the folder is none. Names are bytes: not all are UTF-8. */
export type Candidate = { path: Buffer } | { path: Buffer; problem: { code: string; message: string } };

export interface WalkCounts {
  /** Files whose names say that they are no pictures. */
  other: number;
  /** Files and folders whose names begin with a dot. */
  hidden: number;
}

/** Endings of pictures and clips that are taken. The bytes decide in the end. */
const ENDINGS = /\.(?:png|jpe?g|jfif|webp|gif|mp4|webm)$/i;
/** Deeper than any folder of pictures, and below the longest path of the system. */
const DEPTH_MOST = 128;

const SLASH = Buffer.from('/');
export const joined = (folder: Buffer, name: Buffer): Buffer =>
  folder.at(-1) === SLASH[0] ? Buffer.concat([folder, name]) : Buffer.concat([folder, SLASH, name]);

export const isPictureName = (name: Buffer): boolean => ENDINGS.test(name.toString('latin1'));

/**
 * Files below folders, in the order of their names. Links are followed, a folder is entered once however many links
 * lead to it. What cannot be read is told and passed over. Holds the names of one folder per level.
 */
export async function* walk(roots: readonly Buffer[], counts: WalkCounts): AsyncGenerator<Candidate> {
  const entered = new Set<string>();
  for (const root of roots) {
    const told = await look(root);
    if ('problem' in told) yield { path: root, problem: told.problem };
    else if (told.stats.isDirectory()) yield* below(root, told.stats, 0, entered, counts);
    else yield { path: root };
  }
}

async function* below(
  folder: Buffer,
  stats: BigIntStats,
  depth: number,
  entered: Set<string>,
  counts: WalkCounts,
): AsyncGenerator<Candidate> {
  const identity = `${stats.dev}:${stats.ino}`;
  if (entered.has(identity)) return;
  entered.add(identity);
  if (depth > DEPTH_MOST) {
    yield { path: folder, problem: { code: 'too_deep', message: `more than ${DEPTH_MOST} folders deep` } };
    return;
  }
  let entries: Dirent<Buffer>[];
  try {
    entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    yield { path: folder, problem: unreadable(error) };
    return;
  }
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  for (const entry of entries) {
    const path = joined(folder, entry.name);
    if (entry.name[0] === DOT) counts.hidden++;
    else if (entry.isDirectory()) {
      const told = await look(path);
      if ('problem' in told) yield { path, problem: told.problem };
      else yield* below(path, told.stats, depth + 1, entered, counts);
    } else if (entry.isSymbolicLink()) yield* behindLink(path, entry.name, depth, entered, counts);
    else if (isPictureName(entry.name)) yield { path };
    else counts.other++;
  }
}
const DOT = '.'.charCodeAt(0);

async function* behindLink(
  path: Buffer,
  name: Buffer,
  depth: number,
  entered: Set<string>,
  counts: WalkCounts,
): AsyncGenerator<Candidate> {
  const told = await look(path);
  if ('problem' in told) {
    if (isPictureName(name)) yield { path, problem: told.problem };
    else counts.other++;
  } else if (told.stats.isDirectory()) yield* below(path, told.stats, depth + 1, entered, counts);
  else if (isPictureName(name)) yield { path };
  else counts.other++;
}

type Looked = { stats: BigIntStats } | { problem: { code: string; message: string } };

async function look(path: Buffer): Promise<Looked> {
  try {
    return { stats: await stat(path, { bigint: true }) };
  } catch (error) {
    return { problem: unreadable(error) };
  }
}

/** A failure of the file system in words; the path stands beside it. */
export function unreadable(error: unknown): { code: string; message: string } {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const said = WORDS[code];
  return (
    said ?? { code: 'unreadable', message: code === '' ? String(message) : `it cannot be read (${code})` }
  );
}

const WORDS: Readonly<Record<string, { code: string; message: string }>> = {
  ENOENT: { code: 'not_found', message: 'there is no such file, or it is a link to nothing' },
  EACCES: { code: 'unreadable', message: 'it may not be read; ask for the permission' },
  EPERM: { code: 'unreadable', message: 'it may not be read; ask for the permission' },
  ELOOP: { code: 'link_loop', message: 'its links lead in a ring' },
  ENAMETOOLONG: { code: 'unreadable', message: 'its name is too long' },
};
