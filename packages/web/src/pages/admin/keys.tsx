/** API keys: made, shown once, revoked. */
import type { Scope } from '@pegbar/contract/words';
import { useMemo, useState } from 'react';
import {
  createKey,
  type KeyRow,
  type NewKey,
  revokeKey,
  useAct,
  useKeys,
  useMe,
  useTenants,
} from '../../api/index.ts';
import { formatTime, iso } from '../../format/index.ts';
import { Acts, Stack } from '../../parts/acts.tsx';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Chip, Tag } from '../../parts/chip.tsx';
import { Command } from '../../parts/command.tsx';
import { Checks, Form, Refused, TextField, wrongOf } from '../../parts/field.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import css from './admin.module.css';
import { Name, useFound } from './names.tsx';
import { scopeChoices } from './scopes.ts';

export function Part() {
  const keys = useKeys();
  const revoke = useAct(revokeKey);
  const [question, ask] = useState<Question | null>(null);
  const onRevoke = (row: KeyRow): void =>
    ask({
      title: `Revoke ${row.name || row.id}?`,
      effect: `Whoever sends or asks with it is refused from this moment on. A revoked key does not come back; make a new one.`,
      act: 'Revoke',
      onAct: () => revoke.mutate(row.id, { onSuccess: () => toast(`${row.name || row.id} was revoked`) }),
    });
  return (
    <>
      <Sheet label="New key">
        <NewKeyForm />
      </Sheet>
      <Sheet label="Keys">
        <Head alone title="Keys" unit="only their digests are stored" />
        {keys.isPending && <Loading height={160} label="Keys" />}
        {keys.error && !keys.data && <Failed error={keys.error} onRetry={() => void keys.refetch()} />}
        {keys.data?.length === 0 && <Note title="No key yet" />}
        {revoke.error && (
          <Cell>
            <Refused error={revoke.error} />
          </Cell>
        )}
        {keys.data && keys.data.length > 0 && <KeyTable rows={keys.data} onRevoke={onRevoke} />}
      </Sheet>
      <Ask question={question} onClose={() => ask(null)} />
    </>
  );
}

function KeyTable({ rows, onRevoke }: { rows: readonly KeyRow[]; onRevoke: (row: KeyRow) => void }) {
  // Those that work first, the newest first among them.
  const sorted = useMemo(
    () =>
      rows.toSorted(
        (a, b) =>
          Number(a.revoked_at !== null) - Number(b.revoked_at !== null) ||
          b.created_at.localeCompare(a.created_at),
      ),
    [rows],
  );
  const [found, field] = useFound(sorted, wordsOf);
  const columns = useColumns(onRevoke);
  return (
    <>
      {field}
      <Table label="List: keys" rows={found} keyOf={(row) => row.id} height={640} columns={columns} />
    </>
  );
}

function useColumns(onRevoke: (row: KeyRow) => void): readonly Column<KeyRow>[] {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const time = (text: string | null): React.ReactNode =>
    text === null ? (
      <span className="dimmer">never</span>
    ) : (
      <span title={iso(Date.parse(text))}>{formatTime(Date.parse(text), now_ms, zone)}</span>
    );
  return [
    {
      id: 'name',
      title: 'Name',
      cell: (row) => (
        <Name text={row.name || 'no name'} under={tenantWords(row.tenant)} dim={row.name === ''} />
      ),
    },
    {
      id: 'id',
      title: 'Id',
      wide: true,
      roomy: true,
      cell: (row) => <span className="mono">{row.id}</span>,
    },
    {
      id: 'tenant',
      title: 'Tenant',
      wide: true,
      cell: (row) => <Name text={tenantWords(row.tenant)} dim />,
    },
    { id: 'scopes', title: 'Scopes', wide: true, cell: (row) => <Scopes scopes={row.scopes} /> },
    {
      id: 'by',
      title: 'Made by',
      wide: true,
      roomy: true,
      cell: (row) => <span className="dim">{row.created_by}</span>,
    },
    {
      id: 'made',
      title: 'Made',
      right: true,
      wide: true,
      roomy: true,
      cell: (row) => time(row.created_at),
    },
    { id: 'used', title: 'Last used', right: true, wide: true, cell: (row) => time(row.last_used_at) },
    {
      id: 'act',
      title: 'Act',
      right: true,
      cell: (row) =>
        row.revoked_at === null ? (
          <Button kind="danger" onClick={() => onRevoke(row)} aria-label={`Revoke ${row.name || row.id}`}>
            Revoke
          </Button>
        ) : (
          <Tag status="none">revoked {formatTime(Date.parse(row.revoked_at), now_ms, zone)}</Tag>
        ),
    },
  ];
}
const wordsOf = ({ name, id, tenant }: KeyRow): string => `${name} ${id} ${tenant}`;
export const tenantWords = (tenant: string): string => (tenant === '*' ? 'every tenant' : tenant);
export const Scopes = ({ scopes }: { scopes: readonly Scope[] }) => (
  <span className={css.scopes}>
    {scopes.map((scope) => (
      <Chip key={scope}>{scope}</Chip>
    ))}
  </span>
);

/** Fields that say themselves what is wrong with them. */
const AT = ['name', 'tenant', 'origins'];
const GIVABLE: readonly Scope[] = ['ingest', 'read', 'unblur', 'admin'];

function NewKeyForm() {
  const me = useMe().data;
  const tenants = useTenants().data;
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['ingest']);
  const [origins, setOrigins] = useState('');
  const [made, setMade] = useState<NewKey | null>(null);
  const create = useAct(createKey);
  const isPublic = scopes.includes('beacon');
  const choices = scopeChoices([...GIVABLE.filter((scope) => me?.scopes.includes(scope)), 'beacon']);
  const pages = origins.split(/\s+/).filter((one) => one !== '');
  const submit = (): void =>
    create.mutate(
      {
        tenant: tenant.trim() || me?.tenant || 'default',
        name: name.trim(),
        scopes,
        ...(isPublic ? { origins: pages } : {}),
      },
      {
        onSuccess: (key) => {
          setMade(key);
          setName('');
        },
      },
    );
  return (
    <Cells columns="minmax(0, 1fr) minmax(0, 1fr)">
      <Cell>
        <Head title="New key" />
        <Form onSubmit={submit}>
          <div className={css.two}>
            <TextField
              label="Name"
              value={name}
              onChange={setName}
              placeholder="render farm, Tokyo"
              wrong={wrongOf(create.error, 'name')}
            />
            <TextField
              label="Tenant"
              value={tenant}
              onChange={setTenant}
              placeholder={me?.tenant ?? 'default'}
              known={[...(tenants ?? []).map((one) => one.name), ...(me?.tenant === null ? ['*'] : [])]}
              hint={me?.tenant === null ? '* is every tenant' : undefined}
              wrong={wrongOf(create.error, 'tenant')}
            />
          </div>
          <Checks label="Scopes" values={scopes} choices={choices} onChange={setScopes} />
          {isPublic && (
            <TextField
              label="Pages that may use it"
              value={origins}
              onChange={setOrigins}
              placeholder="https://viewer.example"
              hint="origins, apart by spaces: everybody can read a key that stands in a page"
              wrong={wrongOf(create.error, 'origins')}
            />
          )}
          <Refused error={create.error} at={AT} />
          <Acts>
            <Button kind="solid" type="submit" busy={create.isPending} disabled={scopes.length === 0}>
              Make key
            </Button>
          </Acts>
        </Form>
      </Cell>
      <MadeKey made={made} />
    </Cells>
  );
}

/** Where the new key stands: the server tells it once, so it lives no longer than this page. */
function MadeKey({ made }: { made: NewKey | null }) {
  return (
    <Cell>
      <Head title="The key" unit="shown once" />
      {made === null ? (
        <p className="small dimmer">
          The key is shown here when it is made, and never again: only its digest is stored. Give each sender
          a key of its own, so that one can be revoked without the others.
        </p>
      ) : (
        <Stack said>
          <Command plain text={made.key} />
          <p className="small">
            For <b>{tenantWords(made.tenant)}</b>, id <span className="mono">{made.id}</span>. Copy it now: it
            cannot be shown again.
          </p>
        </Stack>
      )}
    </Cell>
  );
}
