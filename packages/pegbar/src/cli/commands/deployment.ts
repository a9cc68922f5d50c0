import { DEPLOYMENT_KINDS } from '@pegbar/contract';
import { type Context, choice, command, EXIT, flag, type One, text } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { readInstant } from '../time-range.ts';

const at: One<number> = {
  kind: 'one',
  value: 'WHEN',
  help: 'when it happened: RFC 3339 or epoch milliseconds (now)',
  read: readInstant,
};

const shared = {
  version: text('V', 'version that starts or ends to serve'),
  kind: choice(DEPLOYMENT_KINDS, 'what changed (model)'),
  id: text('ID', 'identity; kind:version where not said'),
  note: text('TEXT', 'for the people who read the chart'),
  link: text('URL', 'pull request, build or ticket'),
  tenant: text('TENANT', 'tenant, where no key fixes it (default)'),
  region: text('REGION', 'only there'),
  at,
} as const;

type Asking = Pick<Context, 'client' | 'out' | 'io'>;

interface Said {
  version: string | undefined;
  kind: string | undefined;
  id: string | undefined;
  note: string | undefined;
  link: string | undefined;
  tenant: string | undefined;
  region: string | undefined;
  at: number | undefined;
  previous?: string | undefined;
}

interface Verdict {
  accepted: number;
  duplicates: number;
  rejected: { code: string; field: string; message: string }[];
}

export const deploymentStart = command({
  name: 'deployment start',
  summary: 'Mark the start of a release on every chart.',
  details: 'A change of configuration or data is a deployment too. Prints the id.',
  options: { ...shared, previous: text('V', 'version before it') },
  examples: [
    {
      line: 'pegbar deployment start --version v7 --previous v6 --link https://ci.example/412',
      says: 'from CI',
    },
    {
      line: 'pegbar deployment start --kind planned_load --id warm-up --note "cache warm-up"',
      says: 'expected trouble',
    },
  ],
  run: (context) => mark(context, context.values, 'start'),
});

export const deploymentEnd = command({
  name: 'deployment end',
  summary: 'Mark its end, or that it was rolled back.',
  details: 'Say the same --version and --kind, or the same --id, as at the start. Prints the id.',
  options: { ...shared, 'rolled-back': flag('it was taken back because it was bad') },
  examples: [
    { line: 'pegbar deployment end --version v7 --rolled-back --note "faces"', says: 'it went wrong' },
    { line: 'pegbar deployment end --kind planned_load --id warm-up', says: 'the trouble is over' },
  ],
  run: (context) => mark(context, context.values, context.values['rolled-back'] ? 'rolled_back' : 'end'),
});

async function mark(context: Asking, said: Said, status: 'start' | 'end' | 'rolled_back'): Promise<number> {
  const { client, out, io } = context;
  const kind = said.kind ?? 'model';
  if (said.version === undefined && kind !== 'planned_load')
    return wrongUsage(context, '--version V is missing');
  // The same default on both sides, so that an end finds its start without anybody keeping an id.
  const id = said.id ?? [kind, said.version].filter((part) => part !== undefined).join(':');
  const record: Record<string, unknown> = {
    type: 'deployment',
    id,
    kind,
    status,
    timestamp: new Date(said.at ?? io.clock.now()).toISOString(),
  };
  const optional = { version: said.version, previous: said.previous, note: said.note, url: said.link };
  for (const [name, value] of Object.entries({ ...optional, tenant: said.tenant, region: said.region })) {
    if (value !== undefined) record[name] = value;
  }
  const verdict = await client.json<Verdict>('POST', '/api/v1/events', {
    body: `${JSON.stringify(record)}\n`,
    contentType: 'application/x-ndjson',
  });
  if (!verdict.ok) return failed(out, verdict.error);
  const wrong = verdict.value.rejected?.[0];
  if (wrong) return wrongUsage(context, `${wrong.field || 'the deployment'}: ${wrong.message}`);
  if (out.format === 'table') await out.line(id);
  else
    await out.rows(
      Object.keys(record).map((name) => ({ name, title: name })),
      [record],
      record,
    );
  return EXIT.ok;
}
