/** The panel at the right: another row swaps its content in place; a drawer from below on phones. Escape closes it. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { memory } from '../base/browser.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import css from './peek.module.css';

interface PeekProps {
  readonly title: ReactNode;
  readonly label: string;
  readonly onClose: () => void;
  readonly onPrevious?: (() => void) | undefined;
  readonly onNext?: (() => void) | undefined;
  readonly children: ReactNode;
}

const LEAST_PX = 320;
const MOST_PX = 720;
const USUAL_PX = 420;
const KEY_PX = 20;
const inside = (width: number): number => Math.max(LEAST_PX, Math.min(MOST_PX, width));

export function Peek({ title, label, onClose, onPrevious, onNext, children }: PeekProps) {
  const [width, setWidth] = useState(inside(Number(memory.get('peek')) || USUAL_PX));
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    memory.set('peek', String(width));
    // Pages whose content should stand beside it make room of this width.
    const { style } = document.documentElement;
    style.setProperty('--peek-open', `${width}px`);
    return () => void style.removeProperty('--peek-open');
  }, [width]);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key === 'Escape' && !document.querySelector('[role="dialog"],[role="menu"]')) close.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const onPointerMove = (event: PointerEvent): void => {
    if (event.buttons === 1) setWidth(inside(innerWidth - event.clientX));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: KEY_PX, ArrowRight: -KEY_PX }[event.key];
    if (step !== undefined) setWidth(inside(width + step));
  };
  return (
    <aside
      className={css.peek}
      style={{ '--peek': `${width}px` } as React.CSSProperties}
      aria-label={label}
      data-peek
    >
      {/* biome-ignore lint/a11y/useSemanticElements: an hr cannot be dragged */}
      <div
        className={css.edge}
        role="separator"
        aria-label="Width of the panel"
        aria-orientation="vertical"
        aria-valuenow={width}
        aria-valuemin={LEAST_PX}
        aria-valuemax={MOST_PX}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      />
      <div className={css.head}>
        <h2 className={css.title}>{title}</h2>
        {onPrevious && (
          <Button kind="quiet" aria-label="Previous" onClick={onPrevious}>
            ↑
          </Button>
        )}
        {onNext && (
          <Button kind="quiet" aria-label="Next" onClick={onNext}>
            ↓
          </Button>
        )}
        <Button kind="quiet" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      <div className={css.body}>{children}</div>
    </aside>
  );
}

/** A part of a peek, under a hairline. */
export const PeekSection = ({ title, children }: { title?: string; children: ReactNode }) => (
  <section className={css.section}>
    {title !== undefined && <h3>{title}</h3>}
    {children}
  </section>
);
