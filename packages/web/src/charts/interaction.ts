/** Mouse, finger and keys over a chart: hovering, pinning, moving by buckets, dragging a range. */
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import type { Frame } from './frame.ts';
import { bucketAt, hover } from './hover.ts';
import type { Plan } from './plan.ts';

export interface Selection {
  readonly from_ms: number;
  readonly to_ms: number;
  /** The hand has let go: the menu is open. */
  readonly done: boolean;
}

/** Less than this is a click. */
const DRAG_PX = 4;

export function useInteraction(plan: Plan | null, frame: Frame | null, draggable: boolean) {
  const [selection, select] = useState<Selection | null>(null);
  const [start, setStart] = useState<number | null>(null);

  /** The bucket under a place, as its start. */
  const momentAt = (event: PointerEvent<HTMLElement>): number | null => {
    if (!plan || !frame) return null;
    const box = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - box.left;
    if (x < frame.left - 4 || x > frame.left + frame.plotWidth + 4) return null;
    const nearest = Math.round((frame.timeOf(x) - plan.times[0]!) / plan.step_ms);
    return plan.times[Math.max(0, Math.min(plan.times.length - 1, nearest))] ?? null;
  };
  const rangeTo = (end: number, done: boolean): Selection => {
    const [from, to] = start! < end ? [start!, end] : [end, start!];
    return { from_ms: from, to_ms: to + (plan?.step_ms ?? 0), done };
  };

  return {
    selection,
    clear: (): void => {
      select(null);
      setStart(null);
    },
    handlers: {
      onPointerMove(event: PointerEvent<HTMLElement>) {
        const moment = momentAt(event);
        hover.set(moment);
        if (start !== null && moment !== null && Math.abs(moment - start) > 0 && event.buttons === 1)
          select(rangeTo(moment, false));
      },
      onPointerLeave() {
        hover.set(null);
      },
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (event.button !== 0 || (event.target as Element).closest('a,button')) return;
        select(null);
        setStart(draggable && event.pointerType !== 'touch' ? momentAt(event) : null);
        if (event.pointerType === 'touch') hover.pin(true, momentAt(event));
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        if ((event.target as Element).closest('a,button')) return;
        const moment = momentAt(event);
        const dragged = selection !== null && frame && plan;
        const wide = dragged && frame.xOf(selection.to_ms) - frame.xOf(selection.from_ms) > DRAG_PX;
        if (wide && start !== null && moment !== null) select(rangeTo(moment, true));
        else if (event.pointerType !== 'touch' && moment !== null) hover.pin(!hover.isPinned(), moment);
        setStart(null);
      },
      onKeyDown(event: KeyboardEvent<HTMLElement>) {
        if (!plan || (event.target as Element) !== event.currentTarget) return;
        onKey(event, plan, { selection, select, draggable });
      },
      onBlur() {
        hover.set(null);
      },
    },
  };
}

interface Selecting {
  selection: Selection | null;
  select: (next: Selection | null) => void;
  draggable: boolean;
}

function onKey(event: KeyboardEvent, plan: Plan, { selection, select, draggable }: Selecting): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const { times, step_ms } = plan;
  if (step !== undefined) {
    const at = bucketAt(times, step_ms, hover.get()) ?? (step > 0 ? -1 : times.length);
    const next = Math.max(0, Math.min(times.length - 1, at + step));
    const moment = times[next]!;
    if (event.shiftKey && draggable) {
      const anchor = selection?.from_ms ?? times[Math.max(0, at)]!;
      const [from_ms, end] = anchor < moment ? [anchor, moment] : [moment, anchor];
      select({ from_ms, to_ms: end + step_ms, done: false });
    }
    hover.pin(false);
    hover.set(moment);
    event.preventDefault();
  } else if (event.key === 'Enter' && selection) {
    select({ ...selection, done: true });
    event.preventDefault();
  } else if (event.key === 'Escape' && (hover.get() !== null || selection)) {
    hover.pin(false);
    select(null);
    event.stopPropagation();
  }
}
