/** What a sweep looks at beside numbers: what prompts and pictures are about, and the style of each collection. */
import { paced } from '../../base/paced.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Asking, ExploreError } from '../../explore/index.ts';
import { type Tested, type TestOptions, testSeries } from '../engine.ts';
import { DRIFT_METRICS, SWEPT_CONTENT } from '../metrics.ts';
import type { Series } from '../series.ts';
import type { DriftDeps } from '../sweep.ts';
import type { Window } from '../windows.ts';
import { readContentSeries } from './read.ts';

const OF_COLLECTIONS = DRIFT_METRICS.filter(({ name }) => name === 'style_distance');

/** By tenant, and by tenant and collection: regions and workloads of a tenant ask for the same things. */
export async function testContent(
  deps: Pick<DriftDeps, 'rollups' | 'clock'>,
  asking: Asking,
  { current, reference }: { current: Window; reference: Window },
  options: TestOptions,
): Promise<Result<Tested[], ExploreError>> {
  const windows = [reference, current];
  const [content, styles] = await Promise.all([
    readContentSeries(deps.rollups, asking, { metrics: SWEPT_CONTENT, segments: [['tenant']], windows }),
    readContentSeries(deps.rollups, asking, {
      metrics: OF_COLLECTIONS,
      segments: [['tenant', 'collection']],
      windows,
    }),
  ]);
  if (!content.ok) return content;
  if (!styles.ok) return styles;
  const series = [...content.value, ...styles.value].filter(isToldIn(current));
  return ok(await paced(testAll(series, reference, current, options), deps.clock));
}

const isToldIn =
  ({ from_ms, to_ms }: Window) =>
  ({ parts }: Series): boolean =>
    [...parts.values()].some((hours) => [...hours.keys()].some((at) => at >= from_ms && at < to_ms));

function* testAll(
  series: readonly Series[],
  reference: Window,
  current: Window,
  options: TestOptions,
): Generator<undefined, Tested[]> {
  const out: Tested[] = [];
  for (const one of series) {
    out.push(testSeries(one, reference, current, options));
    yield;
  }
  return out;
}
