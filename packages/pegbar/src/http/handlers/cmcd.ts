/** The door of video players: reports of CMCD v2, event mode (CTA-5004-B). */
import { createCmcdSessions, parseCmcd } from '../../ingest/index.ts';
import { BEACON_BYTES, corsOf, isBeacon, readableByPage } from '../beacon.ts';
import { createBeaconLimit } from '../beacon-limit.ts';
import { readBody } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { checkPressure } from '../pressure.ts';
import { json } from '../wire.ts';

const REPORTS_MOST = 200;
const FPS_MOST = 1_000;

export function cmcdHandlers(deps: ApiDeps): Handlers {
  const sessions = createCmcdSessions();
  const limit = createBeaconLimit(deps);

  async function take(call: Call): Promise<Response> {
    const caller = call.caller!;
    limit(call);
    checkPressure(deps.intake);
    const query = call.url.searchParams;
    const declared_fps = fpsOf(query.get('fps'));
    const body = (await readBody(call.request, BEACON_BYTES)).toString('utf8');
    const lines = body.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > REPORTS_MOST)
      throw new Refusal('too_large', `more than ${REPORTS_MOST} reports in one body`);
    const context = {
      tenant: call.scope.tenant ?? 'default',
      declared_fps,
      now_ms: deps.clock.now(),
      request_id: query.get('request_id') ?? undefined,
      trace_id: query.get('trace_id') ?? undefined,
    };
    const records: Record<string, unknown>[] = [];
    const rejected: { line: number; code: string; field: string; message: string }[] = [];
    lines.forEach((text, index) => {
      const report = parseCmcd(text);
      const result = report
        ? sessions.take(report, context)
        : { kind: 'invalid' as const, field: '', message: 'the line is not a CMCD report' };
      deps.counters.add('pegbar_cmcd_reports_total', { result: result.kind });
      if (result.kind === 'window') records.push(result.record);
      if (result.kind !== 'invalid') return;
      rejected.push({
        line: index + 1,
        code: 'invalid_record',
        field: result.field,
        message: result.message,
      });
    });
    return json({ ...(await store(call, records)), rejected }, 200, corsOf(call, caller));
  }

  async function store(call: Call, records: readonly Record<string, unknown>[]) {
    if (records.length === 0) return { accepted: 0, duplicates: 0 };
    const { tenant } = call.scope;
    if (tenant !== null) orRefuse(await deps.access.ensureTenant(tenant));
    const { accepted, duplicates } = await deps.events.accept(JSON.stringify(records), { tenant });
    return { accepted, duplicates };
  }

  return {
    sendCmcd: (call) => (isBeacon(call.caller!) ? readableByPage(call, () => take(call)) : take(call)),
  };
}

/** Without it nobody knows how many frames were shown, and the share of dropped ones has no whole. */
function fpsOf(text: string | null): number {
  const fps = Number(text);
  if (text !== null && fps > 0 && fps <= FPS_MOST) return fps;
  throw new Refusal('invalid_request', `fps is not a frame rate above 0, up to ${FPS_MOST}`, {
    field: 'fps',
    hint: 'CMCD tells dropped frames only; say the frame rate of the clip: /api/v1/cmcd?fps=24',
  });
}
