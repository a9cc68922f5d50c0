/** A difference with its interval against a shared line "same as v6": what crosses the line is grey. */
import { useRef } from 'react';
import { useWidth } from '../charts/use-width.ts';
import css from './interval-row.module.css';

interface IntervalProps {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Ends of the shared axis, in the same unit. */
  readonly min: number;
  readonly max: number;
  /** Of a difference that is one; a crossing interval stays grey. */
  readonly status?: 'crit' | 'warn' | 'ok' | undefined;
  /** In words, for those who do not see it. */
  readonly label: string;
}

export function Interval({ value, low, high, min, max, status, label }: IntervalProps) {
  const host = useRef<HTMLSpanElement>(null);
  const width = useWidth(host);
  const x = (at: number): number =>
    6 + ((Math.max(min, Math.min(max, at)) - min) / (max - min || 1)) * (width - 12);
  const crosses = low <= 0 && high >= 0;
  const colour = crosses || status === undefined ? 'ink-3' : status === 'ok' ? 'ok' : `${status}-mark`;
  return (
    <span ref={host} className={css.interval} role="img" aria-label={label}>
      {width > 0 && (
        <svg width={width} height="100%" aria-hidden="true">
          <line x1={x(0)} x2={x(0)} y1="0" y2="100%" stroke="var(--pencil-line)" />
          <line
            x1={x(low)}
            x2={x(high)}
            y1="50%"
            y2="50%"
            stroke={`var(--${colour})`}
            strokeWidth="5"
            strokeLinecap="round"
            opacity=".35"
          />
          <circle
            cx={x(value)}
            cy="50%"
            r="4"
            fill={`var(--${colour})`}
            stroke="var(--surface)"
            strokeWidth="1.5"
          />
        </svg>
      )}
    </span>
  );
}
