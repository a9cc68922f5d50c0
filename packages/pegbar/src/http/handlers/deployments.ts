/** The door of webhooks: one deployment as CI tools send it, or a CDEvent of a deployer. */
import { cdEventIn, type DeploymentRecord, openOfService, readCdEvent } from '../../deployments/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { Refusal } from '../failure.ts';
import { checkPressure } from '../pressure.ts';
import { json } from '../wire.ts';

const BODY_BYTES = 256 * 1024;
/** A tool that says a version and nothing else has just rolled it out. */
const DEFAULTS = { kind: 'model', status: 'start' } as const;

export function deploymentHandlers({ intake, events, store, clock }: ApiDeps): Handlers {
  return {
    async sendDeployment(call) {
      checkPressure(intake);
      const body = await readJson(call.request, BODY_BYTES);
      const event = cdEventIn(body);
      const records: Record<string, unknown>[] = event
        ? await fromCdEvent(event, call)
        : [{ ...DEFAULTS, ...body, type: 'deployment' }];
      if (records.length === 0)
        return json({ deployments: [], ignored: 'the event changes nothing that serves' });
      const lines = records.map((record) =>
        JSON.stringify({ ...record, timestamp: record.timestamp ?? clock.now() }),
      );
      const verdict = await events.accept(lines.join('\n'), { tenant: call.scope.tenant });
      const wrong = verdict.rejected[0];
      if (wrong) throw new Refusal('invalid_record', wrong.message, { field: wrong.field });
      return json({
        deployments: records.map(({ id, version, status }) => ({
          id,
          version,
          status,
        })),
        accepted: verdict.accepted,
        duplicates: verdict.duplicates,
      });
    },
  };

  async function fromCdEvent(event: Record<string, unknown>, call: Call): Promise<DeploymentRecord[]> {
    const read = readCdEvent(event);
    if (!read.ok) throw new Refusal('invalid_record', read.error.message, { field: read.error.field });
    if (!read.value) return [];
    const { service, record, rollsBack } = read.value;
    const open = rollsBack ? await openOfService(store.scoped(call.scope), service, record) : undefined;
    if (open && !open.ok)
      throw new Refusal(
        'engine_unavailable',
        'what is serving cannot be looked up now',
        {},
        { 'retry-after': '1' },
      );
    return open?.value ? [open.value, record] : [record];
  }
}
