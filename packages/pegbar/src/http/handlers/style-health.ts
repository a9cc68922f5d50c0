/** How far collections have moved from their style, and the pictures that show it. */

import type { Artifacts } from '../../artifacts/index.ts';
import { keptFirst, readTime, type Shown } from '../../explore/index.ts';
import { readStyleHealth, readStylePictures, STYLE_PICTURES_MOST } from '../../style/index.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, rangeOf, stepOf } from '../parameters.ts';
import { json } from '../wire.ts';

const DAY_MS = 86_400_000;
const RANGE_MS = 28 * DAY_MS;
const PICTURES = 6;

export function styleHealthHandlers(deps: ApiDeps, artifacts: Pick<Artifacts, 'has'>): Handlers {
  return {
    async getStyleHealth(call) {
      const range = rangeOf(call, deps, RANGE_MS);
      const question = {
        ...range,
        ...partingOf(call),
        conditions: filtersOf(call),
        step_ms: stepOf(call) ?? DAY_MS,
      };
      return json({ ...orRefuse(await readStyleHealth(deps, askingOf(call), question)), ...told(range) });
    },
    async getStylePictures(call) {
      const range = rangeOf(call, deps, RANGE_MS);
      const query = call.url.searchParams;
      const question = {
        ...range,
        ...partingOf(call),
        conditions: filtersOf(call),
        collection: query.get('collection') ?? '',
        over: number(query.get('over') ?? '0', 'over', 0, 1_000),
      };
      const limit = number(query.get('limit') ?? String(PICTURES), 'limit', 1, STYLE_PICTURES_MOST);
      const { outliers, nearest, ...answer } = orRefuse(
        await readStylePictures(deps, askingOf(call), question),
      );
      const [far, near] = await Promise.all(
        [outliers, nearest].map((all) => keptFirst(all as Shown[], limit, artifacts.has)),
      );
      return json({ ...answer, outliers: far, nearest: near, ...told(range) });
    },
  };
}

function partingOf({ url }: Call) {
  const split = url.searchParams.get('split');
  const split_ms = split === null || split === '' ? null : readTime(split);
  if (split_ms === undefined)
    throw new Refusal('invalid_request', 'split is not a time', {
      field: 'split',
      hint: 'Write RFC 3339 such as 2026-03-01T12:00:00Z, or epoch milliseconds.',
    });
  return { split_ms, release: url.searchParams.get('release') || null };
}

function number(text: string, field: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (field !== 'limit' || Number.isInteger(value)))
    return value;
  throw new Refusal('invalid_request', `${field} is not a number from ${least} to ${most}`, { field });
}

const told = ({ from_ms, to_ms }: { from_ms: number; to_ms: number }) => ({
  from: new Date(from_ms).toISOString(),
  to: new Date(to_ms).toISOString(),
});
