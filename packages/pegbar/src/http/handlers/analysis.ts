/** What there is, what an id is, and what tells some rows from the others. */
import {
  ATTRIBUTES_MOST,
  DEPTH_MOST,
  explain,
  FACET_VALUES_MOST,
  FINDINGS_MOST,
  findAnything,
  listExamples,
  parseFilters,
  readComparison,
  readFacets,
  readFindings,
  readFlow,
  readGallery,
  readObjectives,
  readRange,
} from '../../explore/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, flowQuestionOf, listOf, rangeOf, stepOf } from '../parameters.ts';
import { json } from '../wire.ts';

const DAY_MS = 86_400_000;
const BODY_BYTES = 256 * 1024;
const FACET_VALUES = 10;
const FINDINGS = 10;
const DEPTH = 3;
const ATTRIBUTES = 25;
const EXPLAIN_FIELDS: ReadonlySet<string> = new Set([
  'subject',
  'from',
  'to',
  'filters',
  'selection',
  'limit',
  'depth',
]);

export function analysisHandlers(deps: ApiDeps): Handlers {
  const rollups = createRollupReader(deps);
  const kept = deps.artifacts?.has;
  return {
    async getFacets(call) {
      const range = rangeOf(call, deps);
      const question = {
        ...range,
        of: call.url.searchParams.get('of') ?? '',
        fields: listOf(call, 'fields'),
        conditions: filtersOf(call),
        limit: whole(call.url.searchParams.get('limit') ?? FACET_VALUES, 1, FACET_VALUES_MOST, 'limit'),
      };
      const answer = orRefuse(await readFacets(deps, askingOf(call), question));
      return json({ ...answer, ...told(range) });
    },
    async getGallery(call) {
      const range = rangeOf(call, deps);
      const group = call.url.searchParams.get('group') ?? '';
      const question = { ...range, conditions: filtersOf(call), group };
      return json({ ...orRefuse(await readGallery(deps, askingOf(call), question)), ...told(range) });
    },
    async find(call) {
      return json(orRefuse(await findAnything(deps, askingOf(call), call.url.searchParams.get('id') ?? '')));
    },
    async getFindings(call) {
      const query = call.url.searchParams;
      const question = {
        ...rangeOf(call, deps),
        compare: orRefuse(readComparison(query.get('compare'))),
        conditions: filtersOf(call),
        limit: whole(query.get('limit') ?? FINDINGS, 1, FINDINGS_MOST, 'limit'),
      };
      return json(orRefuse(await readFindings({ ...deps, rollups }, askingOf(call), question)));
    },
    async getObjectives(call) {
      const workload = call.url.searchParams.get('workload') ?? undefined;
      const question = { ...rangeOf(call, deps), workload, conditions: filtersOf(call) };
      return json(orRefuse(await readObjectives({ ...deps, rollups }, askingOf(call), question)));
    },
    async getFlow(call) {
      const question = flowQuestionOf(call, deps);
      return json(orRefuse(await readFlow({ ...deps, rollups }, askingOf(call), question)));
    },
    async listExamples(call) {
      const question = {
        ...rangeOf(call, deps),
        of: call.url.searchParams.get('of') ?? '',
        step_ms: stepOf(call),
        conditions: filtersOf(call),
      };
      return json(orRefuse(await listExamples(deps, askingOf(call), question)));
    },
    async explain(call) {
      const { range, ...question } = await explainQuestion(call, deps);
      return json({
        ...orRefuse(await explain({ ...deps, kept }, askingOf(call), { ...question, ...range })),
        ...told(range),
      });
    },
  };
}

const told = ({ from_ms, to_ms }: { from_ms: number; to_ms: number }) => ({
  from: new Date(from_ms).toISOString(),
  to: new Date(to_ms).toISOString(),
});

async function explainQuestion(call: Call, { clock }: Pick<ApiDeps, 'clock'>) {
  const body = await readJson(call.request, BODY_BYTES);
  const unknown = Object.keys(body).find((name) => !EXPLAIN_FIELDS.has(name));
  if (unknown !== undefined)
    throw new Refusal('unknown_field', `there is no field ${unknown.slice(0, 80)}`, { field: unknown });
  const range = { from: instant(body.from, 'from'), to: instant(body.to, 'to') };
  return {
    subject: String(body.subject ?? ''),
    range: orRefuse(readRange(range, clock.now(), DAY_MS)),
    conditions: orRefuse(parseFilters(texts(body.filters, 'filters'))),
    selection: orRefuse(parseFilters(texts(body.selection, 'selection'))),
    limit: whole(body.limit ?? ATTRIBUTES, 1, ATTRIBUTES_MOST, 'limit'),
    depth: whole(body.depth ?? DEPTH, 0, DEPTH_MOST, 'depth'),
  };
}

function texts(value: unknown, field: string): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Refusal('invalid_request', `${field} is not a list of filters`, {
    field,
    hint: 'Write ["model_version=v7", "latency_ms>=5000"].',
  });
}

function instant(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Refusal('invalid_request', `${field} is not a time`, { field });
}

function whole(value: unknown, least: number, most: number, field: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Refusal('invalid_request', `${field} is not a whole number from ${least} to ${most}`, { field });
}
