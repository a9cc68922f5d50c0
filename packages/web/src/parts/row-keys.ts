/** `j` and `k` over the rows of a page, wherever the focus is. A table that has the focus moves itself. */
import { useEffect, useRef } from 'react';

const WRITES = 'input,textarea,select,[contenteditable="true"],[role="dialog"],[role="menu"]';

/** Lists that move themselves. */
let owners = 0;

export function useRowKeys<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  selected: string | null,
  onOpen: (row: Row) => void,
): void {
  const latest = useRef({ rows, keyOf, selected, onOpen });
  latest.current = { rows, keyOf, selected, onOpen };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const step = { j: 1, k: -1 }[event.key];
      if (step === undefined || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey)
        return;
      if ((event.target as Element).closest?.(WRITES)) return;
      const { rows: all, keyOf: key, selected: chosen, onOpen: open } = latest.current;
      if (all.length === 0) return;
      const at = all.findIndex((row) => key(row) === chosen);
      open(all[Math.max(0, Math.min(all.length - 1, at + step))]!);
    };
    addEventListener('keydown', onKey);
    owners += 1;
    return () => {
      owners -= 1;
      removeEventListener('keydown', onKey);
    };
  }, []);
}

/** What stands in rows, but not beside the page, in a picture or in a tree with keys of its own. */
const ROWS = 'main :is(tbody tr, li, [data-row])';
const ASIDE = 'figure,aside,nav,[role="tree"],[role="dialog"],[role="tablist"]';
const ACTS = 'a[href],button:not([disabled])';

/**
 * On a page without such a list: the focus goes to what the next or previous row leads to, so that Enter opens it. A row
 * that opens as a whole is opened.
 */
export function moveRow(event: KeyboardEvent, step: 1 | -1): void {
  if (owners > 0 || event.defaultPrevented) return;
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)].filter(
    (row) =>
      row.checkVisibility() &&
      !row.closest(ASIDE) &&
      !row.parentElement?.closest('tr,li') &&
      (isWhole(row) || row.matches(ACTS) || row.querySelector(ACTS) !== null),
  );
  const held = rows.findIndex((row) => row.contains(document.activeElement));
  const at = held >= 0 ? held : rows.findIndex((row) => row.ariaSelected === 'true');
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  if (!row) return;
  event.preventDefault();
  const act = row.matches(ACTS) ? row : row.querySelector<HTMLElement>(ACTS);
  act?.focus();
  row.scrollIntoView({ block: 'nearest' });
  if (isWhole(row)) row.click();
}
const isWhole = (row: Element): boolean => row.hasAttribute('aria-selected');
