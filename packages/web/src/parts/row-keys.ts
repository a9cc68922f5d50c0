/** `j` and `k` over the rows of a page, wherever the focus is. A table that has the focus moves itself. */
import { useEffect, useRef } from 'react';

const WRITES = 'input,textarea,select,[contenteditable="true"],[role="dialog"],[role="menu"]';

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
    return () => removeEventListener('keydown', onKey);
  }, []);
}
