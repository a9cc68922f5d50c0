/** Light table on or off. The system decides until somebody does; `public/theme.js` sets it before the first paint. */
import { useSyncExternalStore } from 'react';
import { memory } from './browser.ts';

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

export const useTheme = (): Theme => useSyncExternalStore(watch, themeNow);

export function toggleTheme(): void {
  const next = themeNow() === 'dark' ? 'light' : 'dark';
  memory.set('theme', next);
  apply(next);
}
