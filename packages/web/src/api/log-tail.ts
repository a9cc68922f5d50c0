/** What comes in, as it comes in: asked again and again from where the answer before ended, never more kept than is shown. */
import { useEffect, useRef, useState } from 'react';
import { after, now } from '../base/browser.ts';
import { useContextState } from '../url/index.ts';
import { get } from './client.ts';
import type { LogRow } from './types.ts';

export interface TailedLog extends LogRow {
  /** Counts up: the name of a row. */
  readonly place: number;
}
interface TailAnswer {
  readonly items: readonly LogRow[];
  readonly after: string;
}

const ASK_MS = 1_000;
/** After a failure the question is put more and more seldom. */
const LONGEST_MS = 30_000;
/** Rows of one answer; more are fetched at once. */
const ROWS = 500;
/** Rows that are kept: older ones go. */
export const TAIL_MOST = 2_000;

export interface Tail {
  /** Newest first. */
  readonly rows: readonly TailedLog[];
  /** Rows that went because newer ones came. */
  readonly gone: number;
  /** When the first answer came: what was stored by then is in no row here. null: not yet. */
  readonly began_ms: number | null;
  readonly error: unknown;
}
const NOTHING: Tail = { rows: [], gone: 0, began_ms: null, error: null };

/** Rows since it was switched on; paused, nothing is asked and nothing lost: it goes on where it stood. */
export function useLogTail(on: boolean, paused: boolean, filters: readonly string[]): Tail {
  const [{ tenant }] = useContextState();
  const [tail, setTail] = useState<Tail>(NOTHING);
  const place = useRef({ after: '', next: 0 });
  const asked = JSON.stringify([tenant, filters]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => {
    place.current = { after: '', next: place.current.next };
    setTail(NOTHING);
  }, [asked, on]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` stands for the filters
  useEffect(() => {
    if (!on || paused) return;
    const stop = new AbortController();
    let cancel: () => void = () => undefined;
    let wait_ms = ASK_MS;
    const ask = async (): Promise<void> => {
      let more = false;
      try {
        const params = { after: place.current.after, limit: ROWS, filter: filters, tenant };
        const answer = await get<TailAnswer>('logs', params, stop.signal);
        place.current.after = answer.after;
        more = answer.items.length === ROWS;
        wait_ms = ASK_MS;
        const fresh = answer.items.map((row) => ({ ...row, place: place.current.next++ })).reverse();
        const at_ms = now();
        setTail((was) => {
          const begun = was.began_ms === null ? { ...was, began_ms: at_ms } : was;
          return fresh.length === 0 && was.error === null ? begun : taken(begun, fresh);
        });
      } catch (error) {
        if (stop.signal.aborted) return;
        wait_ms = Math.min(LONGEST_MS, wait_ms * 2);
        setTail((was) => ({ ...was, error }));
      }
      if (!stop.signal.aborted) cancel = after(more ? 0 : wait_ms, () => void ask());
    };
    void ask();
    return () => {
      stop.abort();
      cancel();
    };
  }, [on, paused, asked]);
  return tail;
}

function taken(was: Tail, fresh: readonly TailedLog[]): Tail {
  const all = [...fresh, ...was.rows];
  return {
    rows: all.slice(0, TAIL_MOST),
    gone: was.gone + Math.max(0, all.length - TAIL_MOST),
    began_ms: was.began_ms,
    error: null,
  };
}
