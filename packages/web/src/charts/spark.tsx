/** A line the size of a word: now in ink, then dashed in pencil blue, the last value as a dot. */
import { useRef } from 'react';
import type { Values } from './types.ts';
import { useWidth } from './use-width.ts';

interface SparkProps {
  readonly values: Values;
  readonly ghost?: Values | undefined;
  readonly height?: number;
  readonly colour?: string;
  /** Where something was deployed, from 0 to 1. */
  readonly mark?: number | undefined;
}

export function Spark({ values, ghost, height = 28, colour = 'ink-2', mark }: SparkProps) {
  const host = useRef<HTMLSpanElement>(null);
  const width = useWidth(host);
  return (
    <span ref={host} style={{ display: 'block', height }}>
      {width > 0 && <Lines {...{ values, ghost, height, colour, mark, width }} />}
    </span>
  );
}

function Lines({
  values,
  ghost,
  height,
  colour,
  mark,
  width,
}: SparkProps & { width: number; height: number }) {
  const known = [...values, ...(ghost ?? [])].filter((value) => value !== null);
  if (known.length === 0) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const length = Math.max(values.length, 2);
  const x = (at: number): number => 1 + ((width - 6) * at) / (length - 1);
  const y = (value: number): number => 2 + (height - 4) * (1 - (value - low) / (high - low || 1));
  const lastAt = values.findLastIndex((value) => value !== null);
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: 'block', overflow: 'visible' }}>
      {mark !== undefined && (
        <line
          x1={1 + (width - 6) * mark}
          x2={1 + (width - 6) * mark}
          y1="0"
          y2={height}
          stroke="var(--deploy-soft)"
          opacity=".5"
        />
      )}
      {ghost && (
        <path d={pathOf(ghost, x, y)} fill="none" stroke="var(--pencil-line)" strokeDasharray="2 2" />
      )}
      <path
        d={pathOf(values, x, y)}
        fill="none"
        stroke={`var(--${colour})`}
        strokeWidth="1.3"
        strokeLinejoin="round"
      />
      {lastAt >= 0 && <circle cx={x(lastAt)} cy={y(values[lastAt]!)} r="2.2" fill={`var(--${colour})`} />}
    </svg>
  );
}

/** A broken line: a missing value breaks it. */
export function pathOf(values: Values, x: (at: number) => number, y: (value: number) => number): string {
  let path = '';
  let pen = 'M';
  values.forEach((value, at) => {
    if (value === null) pen = 'M';
    else {
      path += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    }
  });
  return path;
}
