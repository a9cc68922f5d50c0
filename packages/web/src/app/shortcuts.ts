/** Keys that work on every page. Each is also a control that can be seen. */
import { useEffect, useRef } from 'react';
import { now } from '../base/browser.ts';
import { hover } from '../charts/hover.ts';
import { moveRow } from '../parts/row-keys.ts';
import { isZoomed, useContextState, useGo } from '../url/index.ts';
import { ROUTES } from './routes.ts';

interface Acts {
  /** With what was pasted, where something was. */
  onPalette: (pasted?: string) => void;
  onKeys: () => void;
  onNav: () => void;
}

/** `g` waits this long for its letter. */
const LETTER_MS = 1_200;
const WRITES =
  'input,textarea,select,[contenteditable="true"],[role="dialog"],[role="menu"],[role="listbox"]';

/** Longer is no id; as the server has it. */
const ID_MOST = 512;
const FLOATS = '[role="dialog"],[role="alertdialog"],[role="menu"],aside[data-peek]';

export function useShortcuts(acts: Acts): void {
  const { go } = useGo();
  const [{ live }, change] = useContextState();
  const latest = useRef({ acts, go, live, change });
  latest.current = { acts, go, live, change };
  useEffect(() => {
    let gone_ms = 0;
    const onKey = (event: KeyboardEvent): void => {
      const { acts: act, go: open, live: isLive, change: set } = latest.current;
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        act.onPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if ((event.target as Element).closest?.(WRITES)) return;
      if (now() - gone_ms < LETTER_MS) {
        gone_ms = 0;
        const page = ROUTES.find((route) => route.letter === event.key.toLowerCase());
        if (page) open(page.path);
        return;
      }
      if (event.key === 'g') gone_ms = now();
      else if (event.key === '?') act.onKeys();
      else if (event.key === '[') act.onNav();
      else if (event.key === 'L' || event.key === 'l') set({ live: !isLive });
      else if (event.key === 'd') press('range');
      else if (event.key === 'c') press('compare');
      else if (event.key === 'Escape') letGo(event);
      else if (event.key === 'j' || event.key === 'k') moveRow(event, event.key === 'j' ? 1 : -1);
    };
    const onPaste = (event: ClipboardEvent): void => {
      if ((event.target as Element).closest?.(WRITES)) return;
      const text = event.clipboardData?.getData('text').trim() ?? '';
      if (text !== '' && text.length <= ID_MOST) latest.current.acts.onPalette(text);
    };
    addEventListener('keydown', onKey);
    addEventListener('paste', onPaste);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('paste', onPaste);
    };
  }, []);
}

/** Of what is held, the nearest: a panel or a dialog closes itself, then the pinned moment, then the zoom. */
function letGo(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector(FLOATS)) return;
  if (hover.isPinned()) hover.pin(false);
  else if (isZoomed()) history.back();
}

/** Opens a control of the context bar, wherever the page has put it. */
function press(name: string): void {
  document.querySelector<HTMLButtonElement>(`[data-control="${name}"]`)?.click();
}
