/** What drifted. */
import { readDocuments } from '../../access/index.ts';
import { ok } from '../../base/result.ts';
import {
  allMonitors,
  askDrift,
  askFindings,
  currentWindow,
  type DriftMonitor,
  driftMonitorKind,
  FINDINGS_MOST,
  isMuted,
  listMonitors,
  PREVIEW_DAYS,
  previewMonitor,
  readBaseline,
  readDay,
  readWindow,
  reportHtml,
  reportMail,
  reportOf,
  reportText,
  type Standing,
  standingIn,
  tellPreview,
} from '../../drift/index.ts';
import { createQuarterReader, createRollupReader } from '../../rollups/index.ts';
import { readBody } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, filtersOf, listOf, rangeOf } from '../parameters.ts';
import { json } from '../wire.ts';

const FINDINGS = 20;
const EXCLUDED_MOST = 100;
/** A monitor is a page of text. */
const MONITOR_BYTES = 64 * 1024;

export function driftHandlers(deps: ApiDeps): Handlers {
  const drift = {
    ...deps,
    rollups: createRollupReader(deps),
    quarters: createQuarterReader(deps),
    kept: deps.artifacts?.has,
  };
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
      const [answer, standing, monitors] = await Promise.all([
        askFindings(drift, askingOf(call), question),
        standingIn(deps.state, question.current, call.scope.tenant),
        allMonitors(deps.state),
      ]);
      const now = deps.clock.now();
      const muted = monitors.filter(({ spec }) => spec.ok && isMuted(spec.value, now));
      return json({
        ...orRefuse(answer),
        monitors: standing.map((one) => ({
          ...toldStanding(one),
          muted: muted.some(({ name, tenant }) => name === one.monitor && tenant === one.tenant),
        })),
      });
    },
    async getDriftReport(call) {
      const { searchParams: query } = call.url;
      const format = formatOf(query.get('format'));
      const link = linkOf(query.get('link'));
      const day_ms = orRefuse(readDay(query.get('day'), deps.clock.now()));
      const baseline = orRefuse(readBaseline(query.get('baseline')));
      const report = orRefuse(await reportOf(drift, askingOf(call), { day_ms, baseline }));
      if (format === 'html') return page(reportHtml(report, link), 'text/html');
      if (format === 'text') return page(reportText(report), 'text/plain');
      return json({ ...report, ...(query.get('mail') === 'true' && { mail: reportMail(report, link) }) });
    },
    async listDriftMonitors(call) {
      return json({ items: await listMonitors(deps.state, deps.clock.now(), call.scope.tenant) });
    },
    async previewDriftMonitor(call) {
      const yaml = (await readBody(call.request, MONITOR_BYTES)).toString('utf8');
      const { spec, tenant } = monitorIn(yaml);
      // A document that names another tenant is about nothing that this caller may see.
      const scope = call.scope.tenant === null && tenant !== undefined ? { tenant } : call.scope;
      const asking = { scope, signal: call.signal };
      return json(tellPreview(orRefuse(await previewMonitor(drift, asking, spec, daysOf(call)))));
    },
  };
}

const REPORT_FORMATS = ['json', 'html', 'text'] as const;
function formatOf(asked: string | null): (typeof REPORT_FORMATS)[number] {
  const format = REPORT_FORMATS.find((one) => one === (asked ?? 'json'));
  if (format) return format;
  throw new Refusal('invalid_request', `format is not one of ${REPORT_FORMATS.join(', ')}`, {
    field: 'format',
  });
}

/** An address to which the links of a mail lead; never a script. */
function linkOf(asked: string | null): string | null {
  if (asked === null || asked === '') return null;
  const url = URL.canParse(asked) ? new URL(asked) : null;
  if (url && /^https?:$/.test(url.protocol)) return url.href.replace(/[/?#]*$/, '');
  throw new Refusal('invalid_request', 'link is not an address', {
    field: 'link',
    hint: 'Write where people reach this server: https://pegbar.example.com',
  });
}

/** Mail keeps styles in line only; nothing else may come from anywhere. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const page = (body: string, type: string): Response =>
  new Response(body, {
    headers: { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': MAIL_POLICY },
  });

/** The one document of a body, read as `apply` reads it. */
function monitorIn(yaml: string): { spec: DriftMonitor; tenant: string | undefined } {
  const { kind, schema } = driftMonitorKind;
  const documents = orRefuse(readDocuments(yaml, () => ok(schema)));
  const [one] = documents;
  if (one === undefined || documents.length > 1 || one.kind !== kind)
    throw new Refusal('invalid_request', `the body is not one document of kind ${kind}`, {
      field: 'kind',
      hint: `Send what \`pegbar apply -f\` would: one \`kind: ${kind}\`.`,
    });
  return { spec: schema.parse(one.spec), tenant: one.tenant };
}

function daysOf({ url }: Call): number {
  const days = Number(url.searchParams.get('days') ?? PREVIEW_DAYS);
  if (Number.isInteger(days) && days >= 1 && days <= PREVIEW_DAYS) return days;
  throw new Refusal('invalid_request', `days is not a whole number from 1 to ${PREVIEW_DAYS}`, {
    field: 'days',
  });
}

const toldStanding = ({ since_ms, until_ms, told, ...rest }: Standing) => ({
  ...told,
  ...rest,
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
