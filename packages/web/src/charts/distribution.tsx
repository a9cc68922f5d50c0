/** Two distributions over the same classes: then as an outline, now filled. */
import { useRef } from 'react';
import { pathOf } from './spark.tsx';
import { useWidth } from './use-width.ts';

interface DistributionProps {
  readonly label: string;
  /** Shares or counts by class, lowest class first; each is scaled to its own sum. */
  readonly now: readonly number[];
  readonly then: readonly number[];
  /** Words under the axis, with their place from 0 to 1. */
  readonly ticks?: readonly { readonly at: number; readonly text: string }[];
  /** The status of the difference, where it has one. */
  readonly status?: 'crit' | 'warn' | undefined;
  readonly height?: number;
}

const AXIS_PX = 10;
/** With words under it. */
const TICKS_PX = 15;

export function Distribution({ label, now, then, ticks = [], status, height = 54 }: DistributionProps) {
  const host = useRef<HTMLElement>(null);
  const width = useWidth(host);
  const floor = height - (ticks.length > 0 ? TICKS_PX : AXIS_PX);
  const [a, b] = [shares(then), shares(now)];
  const most = Math.max(...a, ...b, Number.MIN_VALUE);
  const length = Math.max(now.length, then.length, 2);
  const x = (at: number): number => 1 + (at / (length - 1)) * (width - 2);
  const y = (value: number): number => floor - (value / most) * (floor - 6);
  const fill = status === undefined ? 'ink-3' : `${status}-mark`;
  return (
    <figure ref={host} style={{ margin: 0, height }} aria-label={label}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          style={{ display: 'block', overflow: 'visible' }}
        >
          <path
            d={`M${x(0)} ${floor}${pathOf(b, x, y).replace('M', 'L')}L${x(length - 1)} ${floor}Z`}
            fill={`var(--${fill})`}
            opacity={status === undefined ? 0.22 : 0.3}
          />
          <path d={pathOf(a, x, y)} fill="none" stroke="var(--pencil-line)" strokeWidth="1.5" />
          <line x1="0" x2={width} y1={floor + 0.5} y2={floor + 0.5} stroke="var(--axis)" />
          {ticks.map(({ at, text }) => (
            <text
              key={text}
              x={1 + at * (width - 2)}
              y={height}
              textAnchor={at === 0 ? 'start' : at === 1 ? 'end' : 'middle'}
              fontSize="10"
              fill="var(--tick)"
            >
              {text}
            </text>
          ))}
        </svg>
      )}
    </figure>
  );
}

function shares(counts: readonly number[]): number[] {
  const sum = counts.reduce((total, one) => total + one, 0);
  return counts.map((one) => (sum === 0 ? 0 : one / sum));
}
