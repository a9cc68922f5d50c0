/** Versions: what each did, one against another, and their pictures side by side. */
import {
  LOOK_BACK_MS,
  PAIRS_MOST,
  RELEASES_MOST,
  readBout,
  readPairs,
  readRelease,
  readReleases,
} from '../../explore/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, rangeOf } from '../parameters.ts';
import { json } from '../wire.ts';

const MONTH_MS = 28 * 86_400_000;
const RELEASES = 50;
const PAIRS = 64;
const VERSION_LENGTH = 256;

export function releaseHandlers(api: ApiDeps): Handlers {
  const deps = { ...api, rollups: createRollupReader(api) };
  return {
    async listReleases(call) {
      const question = {
        ...rangeOf(call, deps, MONTH_MS),
        conditions: filtersOf(call),
        limit: limitOf(call, RELEASES, RELEASES_MOST),
      };
      return json(orRefuse(await readReleases(deps, askingOf(call), question)));
    },
    async getRelease(call) {
      return json(
        orRefuse(await readRelease(deps, askingOf(call), { ...versionsOf(call), now_ms: deps.clock.now() })),
      );
    },
    async getReleasePairs(call) {
      const now_ms = deps.clock.now();
      const limit = limitOf(call, PAIRS, PAIRS_MOST);
      const asked = versionsOf(call);
      // Who says both versions is spared the search for the other one.
      const bout =
        asked.against === '' ? orRefuse(await readBout(deps, askingOf(call), { ...asked, now_ms })) : null;
      const against = bout?.against ?? asked.against;
      if (against === '') return json({ version: asked.version, against: null, pairs: [], nearest: [] });
      const range = { from_ms: now_ms - LOOK_BACK_MS, to_ms: now_ms };
      return json(
        orRefuse(await readPairs(deps, askingOf(call), { version: asked.version, against, limit, ...range })),
      );
    },
  };
}

function versionsOf({ params, url }: Call): { version: string; against: string } {
  const version = params.version!;
  const against = url.searchParams.get('against') ?? '';
  for (const [field, text] of Object.entries({ version, against }))
    if (text.length > VERSION_LENGTH)
      throw new Refusal('invalid_request', `${field} is longer than ${VERSION_LENGTH} characters`, { field });
  if (version === against)
    throw new Refusal('invalid_request', 'against is the version itself', { field: 'against' });
  return { version, against };
}

function limitOf({ url }: Call, usual: number, most: number): number {
  const limit = Number(url.searchParams.get('limit') ?? usual);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new Refusal('invalid_request', `limit is not a whole number from 1 to ${most}`, { field: 'limit' });
}
