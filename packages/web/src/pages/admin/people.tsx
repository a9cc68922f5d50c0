/** People who may log in: their scopes, and the links that let them in. */
import type { Scope } from '@pegbar/contract/words';
import { useState } from 'react';
import {
  createLoginLink,
  createPerson,
  disablePerson,
  type Person,
  useAct,
  useMe,
  usePeople,
  useTenants,
} from '../../api/index.ts';
import { formatTime, iso } from '../../format/index.ts';
import { Acts, Stack } from '../../parts/acts.tsx';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { Command } from '../../parts/command.tsx';
import { Checks, Form, Refused, TextField, wrongOf } from '../../parts/field.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import css from './admin.module.css';
import { Scopes, tenantWords } from './keys.tsx';
import { Name, useFound } from './names.tsx';
import { scopeChoices } from './scopes.ts';

interface Link {
  readonly name: string;
  readonly address: string;
  readonly until: string;
}

export function Part() {
  const people = usePeople();
  const disable = useAct(disablePerson);
  const link = useAct(createLoginLink);
  const [made, setMade] = useState<Link | null>(null);
  const [question, ask] = useState<Question | null>(null);
  const invite = (name: string): void =>
    link.mutate(name, {
      onSuccess: ({ url, expires_at }) => {
        const { pathname, search } = new URL(url);
        // The address that this browser reached the server by, which a proxy may have changed.
        setMade({ name, address: location.origin + pathname + search, until: expires_at });
      },
    });
  const shutOut = ({ name }: Person): void =>
    ask({
      title: `Shut ${name} out?`,
      effect: `Sessions and login links of ${name} end at once. The name stays taken; what ${name} did stays in the audit log.`,
      act: 'Shut out',
      onAct: () => disable.mutate(name, { onSuccess: () => toast(`${name} was shut out`) }),
    });
  return (
    <>
      <Sheet label="Let somebody in">
        <Cells columns="minmax(0, 1fr) minmax(0, 1fr)">
          <Cell>
            <Head title="Let somebody in" />
            <NewPersonForm onMade={invite} />
          </Cell>
          <Cell>
            <Head title="Login link" unit="good once" />
            <Invitation link={made} error={link.error} />
          </Cell>
        </Cells>
      </Sheet>
      <Sheet label="People">
        <Head alone title="People" unit="they log in by link; there are no passwords" />
        {people.isPending && <Loading height={160} label="People" />}
        {people.error && !people.data && (
          <Failed error={people.error} onRetry={() => void people.refetch()} />
        )}
        {disable.error && (
          <Cell>
            <Refused error={disable.error} />
          </Cell>
        )}
        {people.data && <PeopleTable rows={people.data} onInvite={invite} onShutOut={shutOut} />}
      </Sheet>
      <Ask question={question} onClose={() => ask(null)} />
    </>
  );
}

function Invitation({ link, error }: { link: Link | null; error: unknown }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  if (error) return <Refused error={error} />;
  if (link === null)
    return (
      <p className="small dimmer">
        A link logs somebody in once and is gone after a quarter of an hour or when it is opened. Send it over
        a way that only they can read.
      </p>
    );
  return (
    <Stack said>
      <Command plain text={link.address} />
      <p className="small">
        For <b>{link.name}</b>, good until {formatTime(Date.parse(link.until), now_ms, zone)}.
      </p>
    </Stack>
  );
}

function PeopleTable(props: {
  rows: readonly Person[];
  onInvite: (name: string) => void;
  onShutOut: (person: Person) => void;
}) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const me = useMe().data;
  const [found, field] = useFound(props.rows, wordsOf);
  return (
    <>
      {field}
      <Table
        label="List: people"
        rows={found}
        keyOf={(row) => row.id}
        height={640}
        columns={[
          {
            id: 'name',
            title: 'Name',
            cell: (row) => <Name text={row.name} under={tenantWords(row.tenant)} />,
          },
          {
            id: 'tenant',
            title: 'Tenant',
            wide: true,
            cell: (row) => <Name text={tenantWords(row.tenant)} dim />,
          },
          { id: 'scopes', title: 'Scopes', wide: true, cell: (row) => <Scopes scopes={row.scopes} /> },
          {
            id: 'since',
            title: 'Since',
            right: true,
            wide: true,
            cell: (row) => (
              <span title={iso(Date.parse(row.created_at))}>
                {formatTime(Date.parse(row.created_at), now_ms, zone)}
              </span>
            ),
          },
          {
            id: 'act',
            title: 'Act',
            right: true,
            cell: (row) =>
              row.disabled_at === null ? (
                <span className={css.right}>
                  <Button onClick={() => props.onInvite(row.name)} aria-label={`Login link for ${row.name}`}>
                    Login link
                  </Button>
                  {row.name !== 'admin' && row.name !== me?.user && (
                    <Button
                      kind="danger"
                      onClick={() => props.onShutOut(row)}
                      aria-label={`Shut out ${row.name}`}
                    >
                      Shut out
                    </Button>
                  )}
                </span>
              ) : (
                <Tag status="none">shut out {formatTime(Date.parse(row.disabled_at), now_ms, zone)}</Tag>
              ),
          },
        ]}
      />
    </>
  );
}
const wordsOf = ({ name, tenant }: Person): string => `${name} ${tenant}`;

const GIVABLE: readonly Scope[] = ['read', 'unblur', 'admin'];

function NewPersonForm({ onMade }: { onMade: (name: string) => void }) {
  const me = useMe().data;
  const tenants = useTenants().data ?? [];
  const [name, setName] = useState('');
  const [tenant, setTenant] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const create = useAct(createPerson);
  const submit = (): void =>
    create.mutate(
      { name: name.trim(), tenant: tenant.trim() || me?.tenant || '*', scopes },
      {
        onSuccess: (person) => {
          setName('');
          onMade(person.name);
        },
      },
    );
  return (
    <Form onSubmit={submit}>
      <div className={css.two}>
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          placeholder="mika"
          wrong={wrongOf(create.error, 'name')}
        />
        <TextField
          label="Tenant"
          value={tenant}
          onChange={setTenant}
          placeholder={me?.tenant ?? '*'}
          known={[...tenants.map((one) => one.name), ...(me?.tenant === null ? ['*'] : [])]}
          hint={me?.tenant === null ? '* is every tenant' : undefined}
          wrong={wrongOf(create.error, 'tenant')}
        />
      </div>
      <Checks
        label="Scopes"
        values={scopes}
        choices={scopeChoices(GIVABLE.filter((scope) => me?.scopes.includes(scope)))}
        onChange={setScopes}
      />
      <Refused error={create.error} at={['name', 'tenant']} />
      <Acts>
        <Button
          kind="solid"
          type="submit"
          busy={create.isPending}
          disabled={name.trim() === '' || scopes.length === 0}
        >
          Let in
        </Button>
      </Acts>
    </Form>
  );
}
