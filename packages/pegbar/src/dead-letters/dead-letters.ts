/**
 * Dead letters: segments that the store refused for their content. Trying one again takes the steps of the loader:
 * hours are marked, the rows are stored as a whole or found stored already, and what follows from them is derived.
 */
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { type FixedView, readBlock } from '../native/index.ts';
import type { Segments, Spool } from '../spool/index.ts';
import type { LoadListener, SegmentStore } from '../store/index.ts';

export interface DeadLetterRow {
  id: string;
  /** RFC 3339: when it was put aside. */
  timestamp: string;
  table: string;
  rows: number;
  bytes: number;
  /** What the store said when it refused the rows. */
  reason: string;
}

export interface Replayed {
  /** Letters that are in the store now. */
  replayed: number;
  rows: number;
  failed: { id: string; message: string }[];
}

export interface DeadLetters {
  list(): Promise<DeadLetterRow[]>;
  /** Tries all, or those named, oldest first. What was stored meanwhile is not stored twice. */
  replay(ids?: readonly string[]): Promise<Replayed>;
}

export interface DeadLetterDeps {
  spool: Pick<Spool, 'deadLetters' | 'exhume' | 'forget'>;
  segments: SegmentStore;
  listener: LoadListener;
  /** Runs work while the loader rests: the request of a letter may be in a log that is being loaded. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  counters: Counters;
  log: Log;
}

interface Letter {
  id: string;
  table: string;
  seg: number;
  rows: number;
  bytes: Buffer;
}

export function createDeadLetters(deps: DeadLetterDeps): DeadLetters {
  const { spool, segments, listener, counters, log } = deps;
  /** One replay at a time: two of the same letter would both find the store without it. */
  let running: Promise<unknown> = Promise.resolve();

  async function open(id: string, table: string): Promise<Letter> {
    const bytes = await spool.exhume(id);
    let rows = 0;
    let seg = 0;
    for (let at = 0; at < bytes.length; ) {
      const view = readBlock(bytes, at);
      if (view.rows > 0) seg = Number((view.columns.get('seg') as FixedView | undefined)?.at(0) ?? seg);
      rows += view.rows;
      at = view.end ?? bytes.length;
    }
    return { id, table, seg, rows, bytes };
  }

  async function store(letter: Letter): Promise<void> {
    const { seg, table, rows, bytes } = letter;
    const content: Segments = { seg, tables: new Map([[table, { rows, blocks: [bytes] }]]) };
    const derived = await listener.before(content);
    const stored = await segments.countSegment(table, seg);
    if (stored > 0 && stored !== rows) await segments.deleteSegment(table, seg);
    if (stored !== rows) await insert(table, [bytes], letter);
    for (const [target, blocks] of derived.idempotent) await insert(target, blocks, letter);
    // Requests are folded from all their rows in place of what may be there: it is not known what was added before.
    if (derived.additive.size > 0) await listener.rederive(content);
    await derived.stored();
  }

  async function insert(table: string, blocks: readonly Uint8Array[], { id }: Letter): Promise<void> {
    const result = await segments.insertNative(table, blocks, `${id}.${process.pid}.${++attempts}`);
    if (result.kind !== 'stored') throw new Error(result.message);
  }
  let attempts = 0;

  async function replay(ids?: readonly string[]): Promise<Replayed> {
    const letters = await spool.deadLetters();
    const out: Replayed = { replayed: 0, rows: 0, failed: [] };
    for (const id of ids ?? [])
      if (!letters.some(({ name }) => name === id))
        out.failed.push({ id, message: 'there is no such dead letter' });
    for (const { name, table } of letters) {
      if (ids && !ids.includes(name)) continue;
      try {
        const letter = await open(name, table);
        await store(letter);
        await spool.forget(name);
        out.replayed += 1;
        out.rows += letter.rows;
        counters.add('pegbar_dead_letters_replayed_total', { table });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        log.warn({ letter: name, message }, 'a dead letter could not be loaded again; it is kept');
        out.failed.push({ id: name, message });
      }
    }
    return out;
  }

  return {
    async list() {
      const out: DeadLetterRow[] = [];
      for (const { name, table, bytes, at, reason } of await spool.deadLetters()) {
        const rows = await open(name, table).then(
          (letter) => letter.rows,
          () => 0,
        );
        out.push({
          id: name,
          timestamp: new Date(at).toISOString(),
          table,
          rows,
          bytes,
          reason: reason || 'the store refused it; the log of the server says why',
        });
      }
      return out;
    },
    replay(ids) {
      const turn = running.then(() => deps.inTurn(() => replay(ids)));
      running = turn.catch(() => undefined);
      return turn;
    },
  };
}
