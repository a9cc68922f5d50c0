/** How long requests took, over time: the place to draw a box around what is odd. */
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { type Latencies, type LatenciesThen, useLatencies, useLatenciesThen } from '../api/index.ts';
import { formatCount, formatDuration, formatTime } from '../format/index.ts';
import { useNear } from '../parts/near.ts';
import { Cell, Head } from '../parts/sheet.tsx';
import { Failed, Loading, Note } from '../parts/states.tsx';
import { compareWords, filterParts, lastOf, useContextState, useNow } from '../url/index.ts';
import css from './chart-cell.module.css';
import { Heatmap } from './heatmap.tsx';
import { bucketAt, useBucket } from './hover.ts';
import { useZoom } from './kpi-chart.tsx';
import { useMarks } from './marks.ts';
import { TwinButton } from './twin-button.tsx';
import { useExplain } from './use-explain.ts';

interface LatencyHeatmapProps {
  readonly title?: string;
  /** Beside those of the context bar. */
  readonly filters?: readonly string[];
  readonly height?: number;
  readonly level?: 2 | 3;
}
const NONE: readonly string[] = [];
const HOUR_MS = 3_600_000;
/** Room is for seven letters: of hours the minutes are left out. */
const edge = (ms: number): string =>
  formatDuration(ms >= HOUR_MS ? Math.round(ms / HOUR_MS) * HOUR_MS : ms)
    .replace(/\.0+(?= )/, '')
    .replace(/(\.\d*?)0+(?= )/, '$1');

export function LatencyHeatmap(props: LatencyHeatmapProps) {
  const { title = 'Latency', filters = NONE, height = 170, level = 3 } = props;
  const [anchor, near] = useNear();
  const { data, error, isPending, isFetching, refetch } = useLatencies(filters, near);
  const before = useLatenciesThen(filters, near && data !== undefined);
  const [{ zone }] = useContextState();
  const twin = useRef<HTMLButtonElement>(null);
  const marks = useMarks(workloadOf(filters));
  const zoom = useZoom();
  const [asTable, setTable] = useState(false);
  const explain = useExplain(filters);
  const times = useMemo(() => data?.times.map((time) => Date.parse(time)) ?? [], [data]);
  const then = useMemo(
    () => (data && before ? levelsOf(data, times, before) : undefined),
    [data, before, times],
  );
  const toggle = (): void => setTable((now) => !now);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== 't' || event.metaKey || event.ctrlKey || event.altKey) return;
    toggle();
    // What had the focus goes; its button stays.
    twin.current?.focus();
  };
  const nothing = data !== undefined && data.classes.length === 0;
  return (
    <Cell>
      <Head
        title={title}
        level={level}
        unit={
          <>
            requests by how long they took
            <TwinButton title={title} pressed={asTable} onClick={toggle} anchor={twin} />
          </>
        }
        end={
          <span className="hide-s">
            {data && !nothing ? <Said data={data} times={times} then={then !== undefined} /> : null}
          </span>
        }
      />
      <div ref={anchor} className={css.top}>
        {isFetching && data !== undefined && <span className={css.bar} aria-hidden="true" />}
      </div>
      {isPending && <Loading height={height} label={`${title} is loading`} />}
      {error && !data && <Failed error={error} height={height} onRetry={() => void refetch()} />}
      {nothing && <Note title="No requests ended in this range" height={height} />}
      {data && !nothing && !asTable && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the key is that of the figure within
        <div onKeyDown={onKeyDown}>
          <Heatmap
            marks={marks}
            then={then}
            {...zoom}
            label={`${title}, requests by latency and time`}
            times={times}
            classes={data.classes}
            counts={data.counts}
            format={edge}
            zone={zone}
            height={height}
            onExplain={explain}
          />
        </div>
      )}
      {data && !nothing && asTable && <AsTable data={data} times={times} />}
    </Cell>
  );
}

/** How many there were at the crosshair; without one what the dashes are, or what a hand can do. */
function Said({ data, times, then }: { data: Latencies; times: readonly number[]; then: boolean }) {
  const [{ zone, range, compare }] = useContextState();
  const at = useBucket(times, data.step_s * 1000);
  if (at !== null) return `${formatTime(times[at]!, times.at(-1)!, zone)}: ${countWords(data, at)}`;
  return then ? `dashed: p95 of ${compareWords(compare, lastOf(range))}` : 'draw a box to explain it';
}

/** Charts of one workload show the deployments of that alone. */
const workloadOf = (filters: readonly string[]): string | undefined =>
  filters.map(filterParts).find((one) => one?.field === 'workload' && one.op === '=')?.value;

const countWords = (data: Latencies, at: number): string => {
  const n = data.counts.reduce((sum, row) => sum + (row[at] ?? 0), 0);
  return `${formatCount(n)} ${n === 1 ? 'request' : 'requests'}`;
};

/** Fewer say nothing of a 95th percentile. */
const LEVEL_LEAST = 20;
const LEVEL = 0.95;

/** Where 95 % of then lay below, in classes of now, for each of its times. */
function levelsOf(
  now: Latencies,
  times: readonly number[],
  then: LatenciesThen,
): (number | null)[] | undefined {
  const was = then.times.map((time) => Date.parse(time) + then.shift_ms);
  const levels = times.map((ms) => {
    const at = bucketAt(was, then.step_s * 1000, ms);
    if (at === null) return null;
    const column = then.counts.map((row) => row[at] ?? 0);
    const wanted = column.reduce((sum, n) => sum + n, 0) * LEVEL;
    if (wanted < LEVEL_LEAST * LEVEL) return null;
    let below = 0;
    const cls = column.findIndex((n) => {
      below += n;
      return below >= wanted;
    });
    const low = now.classes.indexOf(then.classes[cls]!);
    return low < 0 ? null : low + 1 - (below - wanted) / (column[cls] || 1);
  });
  return levels.some((level) => level !== null) ? levels : undefined;
}

function AsTable({
  data,
  times,
}: {
  data: NonNullable<ReturnType<typeof useLatencies>['data']>;
  times: number[];
}) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className={css.sideways} tabIndex={0} aria-label="Requests by latency and time">
      <table>
        <thead>
          <tr>
            <th scope="col">Took at least</th>
            {times.map((ms) => (
              <th key={ms} scope="col" className="r">
                {formatTime(ms, now_ms, zone)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.classes.map((low, cls) => (
            <tr key={low}>
              <th scope="row">{edge(low)}</th>
              {data.counts[cls]!.map((count, at) => (
                <td key={times[at]} className="r">
                  {formatCount(count)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
