/** Where the time of a request went: a bar of its stages, and their figures. */
import type { RequestRow, StageRow } from '../api/index.ts';
import { REST, STAGE_COLOURS } from '../charts/colours.ts';
import { formatDuration } from '../format/index.ts';
import css from './time-went.module.css';

export interface TimePart {
  readonly name: string;
  readonly ms: number;
  readonly colour: string;
}

/** Parts smaller than this share go to the rest. */
const SMALL = 0.02;
/** More names than these nobody reads. */
const MOST = 6;
const GREY: ReadonlySet<string> = new Set(['ingest', 'preprocess']);

/** Stages by name; what lies between them, and the small ones, is the rest. `total_ms` is what they share. */
export function timeParts(
  stages: readonly { name: string; ms: number }[],
  total_ms: number,
  wait_ms = 0,
): TimePart[] {
  const sums = new Map<string, number>();
  for (const { name, ms } of stages) sums.set(name, (sums.get(name) ?? 0) + ms);
  const told = [...sums].map(([name, ms]) => ({ name, ms }));
  const all = Math.max(total_ms, 1);
  const big = told
    .filter(({ name, ms }) => ms / all >= SMALL && !GREY.has(name))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST);
  const rest = total_ms - big.reduce((sum, one) => sum + one.ms, 0);
  const words = wait_ms > rest / 2 && wait_ms > 0 ? 'the rest, mostly queue wait' : 'the rest';
  return [
    ...big.map(({ name, ms }) => ({ name, ms, colour: STAGE_COLOURS[name] ?? REST })),
    ...(rest / all > 0.005 ? [{ name: words, ms: rest, colour: REST }] : []),
  ];
}

export function timeOfStages(stages: readonly StageRow[], request: RequestRow): TimePart[] {
  const told = stages
    .filter((one) => one.pipeline_stage !== '' && one.latency_ms !== undefined)
    .map((one) => ({ name: one.pipeline_stage as string, ms: one.latency_ms ?? 0 }));
  const sum = told.reduce((total, one) => total + one.ms, 0);
  return timeParts(told, Math.max(request.latency_ms ?? 0, sum), request.queue_wait_ms);
}

export function TimeWent({ parts }: { parts: readonly TimePart[] }) {
  const total = parts.reduce((sum, one) => sum + one.ms, 0);
  if (total === 0) return <p className="dimmer small">No stage tells how long it took.</p>;
  return (
    <>
      <div className={css.bar} aria-hidden="true">
        {parts.map(({ name, ms, colour }) => (
          <i key={name} style={{ flex: ms / total, background: `var(--${colour})` }} />
        ))}
      </div>
      <table className={css.table}>
        <tbody>
          {parts.map(({ name, ms, colour }) => (
            <tr key={name}>
              <td>
                <i className={css.key} style={{ background: `var(--${colour})` }} aria-hidden="true" />
                {name}
              </td>
              <td className="r">
                <b>{formatDuration(ms)}</b>
              </td>
              <td className="r dimmer">{Math.round((ms / total) * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
