/** Whether the server answers at all: everything that is asked reports here, and the shell says so. */
import { useSyncExternalStore } from 'react';
import { now } from '../base/browser.ts';

/** Epoch milliseconds of the first question without an answer; null while answers come. */
let lost_ms: number | null = null;
const watchers = new Set<() => void>();
const returns = new Set<() => void>();

function set(next: number | null): void {
  lost_ms = next;
  for (const told of watchers) told();
}

export const reach = {
  lost(): void {
    if (lost_ms === null) set(now());
  },
  answered(): void {
    if (lost_ms === null) return;
    set(null);
    for (const told of returns) told();
  },
  /** Calls when the first answer comes after there were none. */
  onReturn(told: () => void): () => void {
    returns.add(told);
    return () => returns.delete(told);
  },
};

function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** Since when no answer has come; null while they do. */
export const useLost = (): number | null => useSyncExternalStore(watch, () => lost_ms);
