/** Light table on or off. The system decides until somebody does; `public/theme.js` sets it before the first paint. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { memory } from './browser.ts';
import { inTurn } from './in-turn.ts';

export type Theme = 'light' | 'dark';
const watchers = new Set<() => void>();
const root = document.documentElement;

const themeNow = (): Theme => (root.dataset.theme === 'dark' ? 'dark' : 'light');

function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

function apply(theme: Theme): void {
  root.dataset.theme = theme;
  for (const told of watchers) told();
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
  if (memory.get('theme') === null) apply(matches ? 'dark' : 'light');
});

// Somebody did in another tab.
addEventListener('storage', ({ key }) => {
  const told = memory.get('theme');
  if (key === 'pegbar.theme' && (told === 'dark' || told === 'light')) apply(told);
});

export const useTheme = (): Theme => useSyncExternalStore(watch, themeNow);

/** The same for what is drawn and not styled: one drawing after the other, so that the press of the key is not held up. */
export function useDrawnTheme(): Theme {
  const [theme, set] = useState(themeNow);
  useEffect(() => {
    set(themeNow());
    let back: (() => void) | undefined;
    const leave = watch(() => {
      back?.();
      back = inTurn(() => set(themeNow()));
    });
    return () => {
      leave();
      back?.();
    };
  }, []);
  return theme;
}

export function toggleTheme(): void {
  const next = themeNow() === 'dark' ? 'light' : 'dark';
  memory.set('theme', next);
  apply(next);
}
