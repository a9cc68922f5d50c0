/** Told after what you did yourself, with Undo where it can be undone; `toast.tsx` shows it. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo?: () => void;
}

let shown: readonly Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();
function set(toasts: readonly Toast[]): void {
  shown = toasts;
  for (const told of watchers) told();
}
export function watchToasts(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}
export const toastsNow = (): readonly Toast[] => shown;

export function toast(text: string, undo?: () => void): void {
  set([...shown, { id: next++, text, ...(undo ? { undo } : {}) }]);
}
export const dropToast = (id: number): void => set(shown.filter((one) => one.id !== id));
