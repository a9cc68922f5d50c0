import { SCOPES } from '@pegbar/contract';
import { fail, ok } from '../../base/result.ts';
import { command, EXIT, type One, text, words } from '../command.ts';
import { failed } from '../failure.ts';
import type { RowsColumn } from '../terminal/output.ts';
import { instant } from '../terminal/units.ts';

const scopes: One<string[]> = {
  kind: 'one',
  value: 'SCOPE[,SCOPE]',
  help: `what it may do: ${SCOPES.join(', ')} (ingest,read)`,
  read: (raw) => {
    const parts = raw.split(',').map((part) => part.trim());
    const wrong = parts.find((part) => !(SCOPES as readonly string[]).includes(part));
    return wrong === undefined
      ? ok(parts)
      : fail(`${wrong || 'nothing'} is no scope; there are ${SCOPES.join(', ')}`);
  },
};

export const keysCreate = command({
  name: 'keys create',
  summary: 'Make an API key; it is shown once.',
  options: {
    tenant: text('TENANT', 'tenant it writes to and reads (default); * = all, for administration'),
    scopes,
    name: text('TEXT', 'what it is for'),
    origins: words('ORIGIN[,ORIGIN]', 'pages that may use it; needed for the scope beacon'),
  },
  examples: [
    { line: 'pegbar keys create --tenant studio-a --scopes ingest --json', says: 'for an exporter' },
    { line: 'pegbar keys create --scopes ingest,read,admin --name laptop', says: 'for yourself' },
  ],
  async run({ values, client, out }) {
    const body: Record<string, unknown> = {
      tenant: values.tenant ?? 'default',
      scopes: values.scopes ?? ['ingest', 'read'],
    };
    if (values.name !== undefined) body.name = values.name;
    if (values.origins !== undefined) body.origins = values.origins;
    const made = await client.json<{ key: string; id: string; tenant: string }>('POST', '/api/v1/keys', {
      body: JSON.stringify(body),
    });
    if (!made.ok) return failed(out, made.error);
    if (out.format === 'table') {
      await out.line(made.value.key);
      out.say(`key ${made.value.id} of tenant ${made.value.tenant}; it is not shown again`);
    } else
      await out.rows(
        ['key', 'id', 'tenant'].map((name) => ({ name, title: name })),
        [made.value],
        made.value,
      );
    return EXIT.ok;
  },
});

const time = (value: unknown): string => (value ? instant(value as string | number) : '–');

const COLUMNS: readonly RowsColumn[] = [
  { name: 'id', whole: true, title: 'id' },
  { name: 'tenant', title: 'tenant' },
  {
    name: 'scopes',
    title: 'scopes',
    show: (list) => (Array.isArray(list) ? list.join(',') : String(list ?? '–')),
  },
  { name: 'name', title: 'name' },
  { name: 'created_at', title: 'created (UTC)', show: time },
  { name: 'last_used_at', title: 'last used (UTC)', show: time },
  { name: 'revoked_at', title: 'revoked (UTC)', show: time },
];

export const keysList = command({
  name: 'keys list',
  summary: 'API keys, without their secrets.',
  options: {},
  examples: [{ line: 'pegbar keys list', says: 'who may do what?' }],
  async run({ client, out }) {
    const listed = await client.json<{ items: Record<string, unknown>[] }>('GET', '/api/v1/keys');
    if (!listed.ok) return failed(out, listed.error);
    await out.rows(COLUMNS, listed.value.items, listed.value);
    return EXIT.ok;
  },
});

export const keysRevoke = command({
  name: 'keys revoke',
  summary: 'Take a key back.',
  positionals: [{ name: 'ID', help: 'id of the key, as `keys list` shows it', required: true }],
  options: {},
  examples: [{ line: 'pegbar keys revoke key_3f9a', says: 'it was in a screenshot' }],
  async run({ positionals, client, out }) {
    const [id = ''] = positionals;
    const gone = await client.json('DELETE', `/api/v1/keys/${encodeURIComponent(id)}`);
    if (!gone.ok) return failed(out, gone.error);
    if (out.format === 'json') await out.document({ id, revoked: true });
    else out.say(`key ${id} is revoked`);
    return EXIT.ok;
  },
});
