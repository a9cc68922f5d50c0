/** Told after what you did yourself: six seconds, with Undo where it can be undone. */
import { useEffect, useSyncExternalStore } from 'react';
import { after } from '../base/browser.ts';
import { Button } from './button.tsx';
import css from './toast.module.css';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo?: () => void;
}

const TOAST_MS = 6_000;
let shown: readonly Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();
function set(toasts: readonly Toast[]): void {
  shown = toasts;
  for (const told of watchers) told();
}
function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

export function toast(text: string, undo?: () => void): void {
  set([...shown, { id: next++, text, ...(undo ? { undo } : {}) }]);
}
const drop = (id: number): void => set(shown.filter((one) => one.id !== id));

export function Toasts() {
  const toasts = useSyncExternalStore(watch, () => shown);
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {toasts.map((one) => (
        <ToastRow key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastRow({ toast: { id, text, undo } }: { toast: Toast }) {
  useEffect(() => after(TOAST_MS, () => drop(id)), [id]);
  return (
    <div className={css.toast}>
      <span>{text}</span>
      {undo && (
        <Button
          onClick={() => {
            undo();
            drop(id);
          }}
        >
          Undo
        </Button>
      )}
    </div>
  );
}
