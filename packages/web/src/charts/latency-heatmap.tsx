/** How long requests took, over time: the place to draw a box around what is odd. */
import { useMemo, useState } from 'react';
import { useLatencies } from '../api/index.ts';
import { formatCount, formatDuration, formatTime } from '../format/index.ts';
import { Icon } from '../parts/icon.tsx';
import { useNear } from '../parts/near.ts';
import { Cell, Head } from '../parts/sheet.tsx';
import { Failed, Loading, Note } from '../parts/states.tsx';
import { useContextState, useNow } from '../url/index.ts';
import css from './chart-cell.module.css';
import { Heatmap } from './heatmap.tsx';
import { useExplain } from './use-explain.ts';

interface LatencyHeatmapProps {
  readonly title?: string;
  /** Beside those of the context bar. */
  readonly filters?: readonly string[];
  readonly height?: number;
  readonly level?: 2 | 3;
}
const NONE: readonly string[] = [];
const edge = (ms: number): string =>
  formatDuration(ms)
    .replace(/\.0+(?= )/, '')
    .replace(/(\.\d*?)0+(?= )/, '$1');

export function LatencyHeatmap(props: LatencyHeatmapProps) {
  const { title = 'Latency', filters = NONE, height = 170, level = 3 } = props;
  const [anchor, near] = useNear();
  const { data, error, isPending, refetch } = useLatencies(filters, near);
  const [{ zone }] = useContextState();
  const [asTable, setTable] = useState(false);
  const explain = useExplain(filters);
  const times = useMemo(() => data?.times.map((time) => Date.parse(time)) ?? [], [data]);
  const nothing = data !== undefined && data.classes.length === 0;
  return (
    <Cell>
      <Head
        title={title}
        unit="requests by how long they took"
        level={level}
        end={
          <>
            <span className="hide-s">draw a box to explain it</span>
            <button
              type="button"
              className={css.twin}
              aria-pressed={asTable}
              aria-label={`${title} as a table`}
              onClick={() => setTable(!asTable)}
            >
              <Icon name="table" />
            </button>
          </>
        }
      />
      <div ref={anchor} />
      {isPending && <Loading height={height} label={`${title} is loading`} />}
      {error && !data && <Failed error={error} height={height} onRetry={() => void refetch()} />}
      {nothing && <Note title="No requests ended in this range" height={height} />}
      {data && !nothing && !asTable && (
        <Heatmap
          label={`${title}, requests by latency and time`}
          times={times}
          classes={data.classes}
          counts={data.counts}
          format={edge}
          zone={zone}
          height={height}
          onExplain={explain}
        />
      )}
      {data && !nothing && asTable && <AsTable data={data} times={times} />}
    </Cell>
  );
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
