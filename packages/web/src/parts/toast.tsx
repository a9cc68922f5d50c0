/** Told after what you did yourself: six seconds, with Undo where it can be undone. */
import { useEffect, useSyncExternalStore } from 'react';
import { after } from '../base/browser.ts';
import { Button } from './button.tsx';
import css from './toast.module.css';
import { dropToast, type Toast, toastsNow, watchToasts } from './told.ts';

export { toast } from './told.ts';

const TOAST_MS = 6_000;

export function Toasts() {
  const toasts = useSyncExternalStore(watchToasts, toastsNow);
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {toasts.map((one) => (
        <ToastRow key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastRow({ toast: { id, text, undo } }: { toast: Toast }) {
  useEffect(() => after(TOAST_MS, () => dropToast(id)), [id]);
  return (
    <div className={css.toast}>
      <span>{text}</span>
      {undo && (
        <Button
          onClick={() => {
            undo();
            dropToast(id);
          }}
        >
          Undo
        </Button>
      )}
    </div>
  );
}
