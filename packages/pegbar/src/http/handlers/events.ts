/** The door of records: NDJSON or a JSON array. */
import type { Caller } from '../../access/index.ts';
import { BEACON_BYTES, corsOf, isBeacon, readableByPage } from '../beacon.ts';
import { createBeaconLimit } from '../beacon-limit.ts';
import { readBody } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { checkPressure } from '../pressure.ts';
import { json } from '../wire.ts';

const BEACON_RECORDS: ReadonlySet<unknown> = new Set(['frames', 'feedback']);
const IMPORT_NAME = /^[\w.:/@ -]{1,200}$/;

export function eventHandlers(deps: ApiDeps): Handlers {
  const { events, intake, config, log } = deps;
  const limit = createBeaconLimit(deps);

  async function bodyOf(call: Call, caller: Caller): Promise<string> {
    const beacon = isBeacon(caller);
    const bytes = await readBody(call.request, beacon ? BEACON_BYTES : config.max_body_bytes);
    const text = bytes.toString('utf8');
    if (beacon) checkBeacon(text);
    const isJson = call.request.headers.get('content-type')?.startsWith('application/json');
    return isJson ? oneAsList(text) : text;
  }

  async function take(call: Call): Promise<Response> {
    const caller = call.caller!;
    if (isBeacon(caller)) limit(call);
    checkPressure(intake);
    const name = call.url.searchParams.get('import');
    if (name !== null && !IMPORT_NAME.test(name))
      throw new Refusal('invalid_request', 'import is not a name of at most 200 letters', {
        field: 'import',
      });
    const body = await bodyOf(call, caller);
    const tenant = call.scope.tenant;
    if (tenant !== null) orRefuse(await deps.access.ensureTenant(tenant));
    try {
      const verdict = await events.accept(body, { tenant, ...(name === null ? {} : { import: name }) });
      return json(verdict, 200, corsOf(call, caller));
    } catch (error) {
      log.warn({ error: String(error) }, 'events could not be stored; their sender is told to retry');
      throw new Refusal('unavailable', 'the events could not be written to disk', {}, { 'retry-after': '1' });
    }
  }

  return {
    sendEvents: (call) => (isBeacon(call.caller!) ? readableByPage(call, () => take(call)) : take(call)),
  };
}

/** A single object over several lines is one record. */
function oneAsList(text: string): string {
  if (!/^\s*\{/.test(text) || !text.trim().includes('\n')) return text;
  try {
    JSON.parse(text);
    return `[${text}]`;
  } catch {
    return text;
  }
}

function checkBeacon(text: string): void {
  for (const record of recordsOf(text)) {
    const { type, side } = (record ?? {}) as { type?: unknown; side?: unknown };
    if (!BEACON_RECORDS.has(type))
      throw new Refusal('forbidden', 'a public key may send frames and feedback only', { field: 'type' });
    if (side === 'produced')
      throw new Refusal('forbidden', 'a page may say what it delivered, not what was produced', {
        field: 'side',
      });
  }
}

function recordsOf(text: string): unknown[] {
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        try {
          return JSON.parse(line) as unknown;
        } catch {
          throw new Refusal('invalid_json', 'a line is not JSON');
        }
      });
  }
}
