/** What the pages of traces, failures and latencies are made of. */
import { findOutline, findSpan, readFailures, readLatencies } from '../../explore/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, rangeOf, stepOf } from '../parameters.ts';
import { json } from '../wire.ts';

/** Columns of a heatmap, and bars of a chart, where no step is said. */
const COLUMNS = 96;
const SECOND_MS = 1_000;

export function traceHandlers(deps: ApiDeps): Handlers {
  const rollups = createRollupReader(deps);
  const overTime = (call: Parameters<Handlers[string]>[0]) => {
    const range = rangeOf(call, deps);
    const even = Math.ceil((range.to_ms - range.from_ms) / COLUMNS / SECOND_MS) * SECOND_MS;
    return { ...range, step_ms: stepOf(call) ?? Math.max(SECOND_MS, even), conditions: filtersOf(call) };
  };
  return {
    async getTraceOutline(call) {
      return json(orRefuse(await findOutline(deps, askingOf(call), call.params.trace_id!)));
    },
    async getSpan(call) {
      const { trace_id, span_id } = call.params;
      return json(orRefuse(await findSpan(deps, askingOf(call), trace_id!, span_id!)));
    },
    async getLatencies(call) {
      return json(orRefuse(await readLatencies({ ...deps, rollups }, askingOf(call), overTime(call))));
    },
    async getFailures(call) {
      const only = call.url.searchParams.get('only');
      if (only !== null && only !== 'codes')
        throw new Refusal('invalid_request', 'only is no part of this answer', {
          field: 'only',
          hint: 'Write codes, or leave it out.',
        });
      const only_codes = only === 'codes';
      return json(orRefuse(await readFailures(deps, askingOf(call), { ...overTime(call), only_codes })));
    },
  };
}
