/** What drifted. */
import {
  askDrift,
  askFindings,
  currentWindow,
  FINDINGS_MOST,
  readBaseline,
  readWindow,
  type Standing,
  standingIn,
} from '../../drift/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, listOf, rangeOf } from '../parameters.ts';
import { json } from '../wire.ts';

const FINDINGS = 20;
const EXCLUDED_MOST = 100;

export function driftHandlers(deps: ApiDeps): Handlers {
  const drift = { ...deps, rollups: createRollupReader(deps) };
  const windowsOf = (call: Call) => ({
    current: orRefuse(currentWindow(rangeOf(call, deps))),
    baseline: orRefuse(readBaseline(call.url.searchParams.get('baseline'))),
    excluded: excludedOf(call),
  });
  return {
    async getDrift(call) {
      const question = {
        ...windowsOf(call),
        metric: call.url.searchParams.get('metric') ?? '',
        by: listOf(call, 'by'),
        conditions: filtersOf(call),
      };
      return json(orRefuse(await askDrift(drift, askingOf(call), question)));
    },
    async getDriftFindings(call) {
      const question = { ...windowsOf(call), limit: limitOf(call) };
      const [answer, standing] = await Promise.all([
        askFindings(drift, askingOf(call), question),
        standingIn(deps.state, question.current, call.scope.tenant),
      ]);
      return json({ ...orRefuse(answer), monitors: standing.map(toldStanding) });
    },
  };
}

const toldStanding = ({ since_ms, until_ms, told, ...rest }: Standing) => ({
  ...{ ...told, ...rest },
  since: new Date(since_ms).toISOString(),
  until: until_ms === null ? null : new Date(until_ms).toISOString(),
});

function limitOf({ url }: Call): number {
  const limit = Number(url.searchParams.get('limit') ?? FINDINGS);
  if (Number.isInteger(limit) && limit >= 1 && limit <= FINDINGS_MOST) return limit;
  throw new Refusal('invalid_request', `limit is not a whole number from 1 to ${FINDINGS_MOST}`, {
    field: 'limit',
  });
}

function excludedOf({ url }: Call) {
  const texts = url.searchParams.getAll('exclude');
  if (texts.length > EXCLUDED_MOST)
    throw new Refusal('invalid_request', `more than ${EXCLUDED_MOST} windows`, { field: 'exclude' });
  return texts.map((text) => {
    const window = readWindow(text);
    if (window) return window;
    throw new Refusal('invalid_request', `${JSON.stringify(text.slice(0, 80))} is no window`, {
      field: 'exclude',
      hint: 'Write FROM/TO, two times.',
    });
  });
}
