/** Reads series of content: what prompts and pictures are about, and style distances by collection. */
import { ok, type Result } from '../../base/result.ts';
import { type Asking, type ExploreError, fromStore } from '../../explore/index.ts';
import {
  CONTENT_DIMS,
  type ContentRow,
  DISTANCE_KIND,
  type RollupReader,
  tallyOf,
} from '../../rollups/index.ts';
import type { DriftMetric } from '../metrics.ts';
import { addHour, type Hours, type Segment, type Series } from '../series.ts';
import type { Window } from '../windows.ts';
import { type CellNames, ContentHour } from './hours.ts';

export interface ContentSeriesQuestion {
  readonly metrics: readonly DriftMetric[];
  /** Keys of each wanted segment: `tenant`, and one of `CONTENT_DIMS`. */
  readonly segments: readonly (readonly string[])[];
  readonly windows: readonly Window[];
}

/** Segments of a collection are kept for what pictures look like. */
const OF_COLLECTIONS: ReadonlySet<string> = new Set(['style_distance', 'palette']);

/** Whether a metric is read from here, by these keys. */
export const isContent = ({ name, sampling }: DriftMetric, keys: readonly string[]): boolean =>
  sampling.as === 'content'
    ? !keys.includes('collection') || OF_COLLECTIONS.has(name)
    : name === DISTANCE_KIND && keys.includes('collection');

const CONTENT_SEGMENTS: readonly string[] = CONTENT_DIMS;

/** Whether a metric is kept by a dimension beside the tenant; rollups keep numbers by all but the collection. */
export const isKeptBy = (metric: DriftMetric, dim: string): boolean =>
  dim === 'collection'
    ? OF_COLLECTIONS.has(metric.name)
    : metric.sampling.as !== 'content' || CONTENT_SEGMENTS.includes(dim);

export async function readContentSeries(
  rollups: Pick<RollupReader, 'content'>,
  asking: Asking,
  { metrics, segments: asked, windows }: ContentSeriesQuestion,
): Promise<Result<Series[], ExploreError>> {
  const out: Series[] = [];
  // Pairs are kept of numbers alone; a row of one of the two would be taken for one of no value of the other.
  const segments = asked.filter((keys) => keys.filter(isDim).length <= 1);
  const range = {
    from_ms: Math.min(...windows.map(({ from_ms }) => from_ms)),
    to_ms: Math.max(...windows.map(({ to_ms }) => to_ms)),
  };
  let names: CellNames | undefined;
  for (const dim of new Set(segments.map(dimOf))) {
    const wanted = segments.filter((keys) => dimOf(keys) === dim);
    const read = metrics.filter((metric) => wanted.some((keys) => isContent(metric, keys)));
    if (read.length === 0) continue;
    const question = { scope: asking.scope, kinds: kindsOf(read), dim, ...range, signal: asking.signal };
    const rows = await rollups.content.read(question);
    if (!rows.ok) return fromStore(rows.error);
    if (names === undefined) {
      const known = await rollups.content.names(question);
      if (!known.ok) return fromStore(known.error);
      names = known.value;
    }
    for (const metric of read)
      for (const keys of wanted)
        if (isContent(metric, keys)) out.push(...seriesOf(metric, keys, dim, rows.value, names));
  }
  return ok(out);
}

const isDim = (key: string): boolean => CONTENT_SEGMENTS.includes(key);
const dimOf = (keys: readonly string[]): string => keys.find(isDim) ?? 'all';

const kindsOf = (metrics: readonly DriftMetric[]): ContentRow['kind'][] => [
  ...new Set(
    metrics.flatMap(({ sampling }): readonly ContentRow['kind'][] =>
      sampling.as === 'content' ? sampling.kinds : [DISTANCE_KIND],
    ),
  ),
];

function seriesOf(
  metric: DriftMetric,
  keys: readonly string[],
  dim: string,
  rows: readonly ContentRow[],
  names: CellNames,
): Series[] {
  const { sampling } = metric;
  const found = new Map<string, { segment: Segment; hours: Hours }>();
  const kinds: ReadonlySet<string> = new Set(sampling.as === 'content' ? sampling.kinds : [DISTANCE_KIND]);
  const isByTenant = keys.includes('tenant');
  for (const row of rows) {
    if (!kinds.has(row.kind)) continue;
    const place = isByTenant ? `${row.tenant}\n${row.value}` : row.value;
    const known = found.get(place) ?? { segment: segmentOf(row, keys, dim), hours: new Map() };
    found.set(place, known);
    if (sampling.as === 'content') {
      const there = known.hours.get(row.hour_ms);
      const hour = there instanceof ContentHour ? there : new ContentHour(names);
      known.hours.set(row.hour_ms, hour);
      hour.rows.push(row);
    } else {
      const tally = tallyOf(DISTANCE_KIND, row.documents, row.sum, [...row.cells], [...row.counts]);
      addHour(known.hours, row.hour_ms, DISTANCE_KIND, tally, true);
    }
  }
  return [...found.values()].map(({ segment, hours }) => ({
    metric,
    segment,
    sampling,
    parts: new Map([['', hours]]),
  }));
}

const segmentOf = (row: ContentRow, keys: readonly string[], dim: string): Segment =>
  Object.fromEntries(keys.map((key) => [key, key === 'tenant' ? row.tenant : key === dim ? row.value : '']));
