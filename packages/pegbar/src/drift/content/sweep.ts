/** What a sweep looks at beside numbers: what prompts and pictures are about, and the style of each collection. */
import { paced } from '../../base/paced.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Asking, ExploreError } from '../../explore/index.ts';
import { isToldIn, oneByOne, type Tested, type TestOptions, testSeries } from '../engine.ts';
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
  const series = [...content.value, ...styles.value].filter((one) => isToldIn(current, one));
  const test = (one: Series): Tested => testSeries(one, reference, current, options);
  return ok(await paced(oneByOne(series, test), deps.clock));
}
