/** How a score is spread over the pictures; a drag over the bars, or two numbers, keep a stretch of it. */
import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from 'react';
import type { ScoreBins } from '../../api/index.ts';
import { filterParts, replaced, useContextState } from '../../url/index.ts';
import css from './gallery.module.css';
import { spreadOf } from './score-bins.ts';

interface ScoreHistogramProps {
  readonly title: string;
  readonly field: string;
  readonly bins: ScoreBins | undefined;
}
const HEIGHT = 34;
const OPS = ['>=', '<'];

export function ScoreHistogram({ title, field, bins }: ScoreHistogramProps) {
  const [{ filters }, change] = useContextState();
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const host = useRef<SVGSVGElement>(null);
  const spread = useMemo(() => spreadOf(bins?.bins ?? []), [bins]);
  const low = boundOf(filters, field, '>=');
  const high = boundOf(filters, field, '<');
  if (!bins || !spread) return null;
  const { from: start, width, heights } = spread;
  const count = heights.length;
  const most = Math.max(...heights, 1);
  const keep = (from: number | null, to: number | null): void => {
    const lower = replaced(filters, field, OPS, from === null ? null : `${field}>=${rounded(from)}`);
    change({ filters: to === null ? lower : [...lower, `${field}<${rounded(to)}`] });
  };
  const binAt = (event: PointerEvent): number => {
    const box = host.current!.getBoundingClientRect();
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
  };
  const chosen = (at: number): boolean => {
    if (drag) return at >= Math.min(...drag) && at <= Math.max(...drag);
    const from = start + at * width;
    return from >= (low ?? -Infinity) - 1e-9 && from < (high ?? Infinity) - 1e-9;
  };
  const bound = (value: number | null): string => (value === null ? '' : rounded(value));
  const words =
    low === null && high === null
      ? 'all'
      : `${low === null ? 'to' : bound(low)}${low !== null && high !== null ? ' – ' : low === null ? ' ' : ' and up'}${bound(high)}`;
  return (
    <fieldset className={css.histogram}>
      <legend>
        {title} <span>{words}</span>
      </legend>
      {/* The two numbers below do the same by hand. */}
      <svg
        ref={host}
        className={css.bars}
        viewBox={`0 0 ${count} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([binAt(event), binAt(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], binAt(event)])}
        onPointerUp={() => {
          if (!drag) return;
          keep(start + Math.min(...drag) * width, start + (Math.max(...drag) + 1) * width);
          setDrag(null);
        }}
      >
        {heights.map((n, at) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
            key={at}
            x={at + 0.06}
            width={0.88}
            y={HEIGHT - (n === 0 ? 0 : Math.max(1, (n / most) * (HEIGHT - 2)))}
            height={n === 0 ? 0 : Math.max(1, (n / most) * (HEIGHT - 2))}
            fill={chosen(at) ? 'var(--seq-3)' : 'var(--line)'}
          />
        ))}
      </svg>
      <div className={css.ends}>
        <Bound label={`${title} from`} value={low} hint={start} onSet={(value) => keep(value, high)} />
        <Bound
          label={`${title} to`}
          value={high}
          hint={bins.bins.at(-1)!.to}
          onSet={(value) => keep(low, value)}
        />
      </div>
    </fieldset>
  );
}

function Bound(props: {
  label: string;
  value: number | null;
  hint: number;
  onSet: (value: number | null) => void;
}) {
  const set = (input: HTMLInputElement): void => {
    const text = input.value.trim();
    const value = text === '' ? null : Number(text);
    if (value !== props.value && (value === null || Number.isFinite(value))) props.onSet(value);
  };
  return (
    <input
      key={props.value}
      aria-label={props.label}
      inputMode="decimal"
      placeholder={rounded(props.hint)}
      defaultValue={props.value === null ? '' : rounded(props.value)}
      onBlur={(event) => set(event.currentTarget)}
      onKeyDown={(event: KeyboardEvent<HTMLInputElement>) =>
        event.key === 'Enter' && set(event.currentTarget)
      }
    />
  );
}

const rounded = (value: number): string => String(Math.round(value * 1e4) / 1e4);
function boundOf(filters: readonly string[], field: string, op: string): number | null {
  const found = filters.map(filterParts).find((one) => one?.field === field && one.op === op);
  return found && Number.isFinite(Number(found.value)) ? Number(found.value) : null;
}
