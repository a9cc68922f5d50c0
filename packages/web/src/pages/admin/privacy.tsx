/** Privacy: what happens to prompts, who wants no telemetry, what was erased. */
import { useState } from 'react';
import { Link } from 'wouter';
import {
  addOptOut,
  type Erased,
  erase,
  removeOptOut,
  type UserAsked,
  useAct,
  useErasures,
  useOptOuts,
  useTenants,
} from '../../api/index.ts';
import { formatCount, formatTime } from '../../format/index.ts';
import { Acts } from '../../parts/acts.tsx';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Form, Refused, SelectField, TextField, wrongOf } from '../../parts/field.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './admin.module.css';
import { Name } from './names.tsx';
import { PROMPT_WORDS } from './policy.ts';

export function Part() {
  const [question, ask] = useState<Question | null>(null);
  return (
    <>
      <Policies />
      <Sheet label="A user">
        <UserActs ask={ask} />
      </Sheet>
      <OptOuts ask={ask} />
      <Erasures />
      <Ask question={question} onClose={() => ask(null)} />
    </>
  );
}

/** What happens to prompts before anything is stored, tenant by tenant. */
function Policies() {
  const { data, error, isPending, refetch } = useTenants();
  const { link } = useGo();
  return (
    <Sheet label="Prompts">
      <Head
        alone
        title="Prompts, before anything is stored"
        unit="user ids are always hashed with a key of the tenant"
      />
      {isPending && <Loading height={120} label="Policies" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {data && (
        <Table
          label="What happens to prompts"
          rows={data}
          keyOf={(row) => row.name}
          height={480}
          columns={[
            {
              id: 'name',
              title: 'Tenant',
              cell: (row) => (
                <Link href={link('/admin', { section: 'tenants', tenant_name: row.name })}>
                  <Name text={row.name} dim />
                </Link>
              ),
            },
            { id: 'prompts', title: 'Prompts', cell: (row) => <b>{row.policy.prompts}</b> },
            {
              id: 'means',
              title: 'Means',
              wide: true,
              roomy: true,
              cell: (row) => <span className="dim">{PROMPT_WORDS[row.policy.prompts]}</span>,
            },
            {
              id: 'patterns',
              title: 'Own patterns',
              right: true,
              wide: true,
              cell: (row) => formatCount(row.policy.redact.patterns.length),
            },
            {
              id: 'keys',
              title: 'Own attribute names',
              right: true,
              wide: true,
              cell: (row) => formatCount(row.policy.redact.keys.length),
            },
          ]}
        />
      )}
    </Sheet>
  );
}

type AskFor = (question: Question) => void;

type Known = 'id' | 'hash';
const KNOWN: readonly (readonly [Known, string])[] = [
  ['id', 'the id that senders send'],
  ['hash', 'the hash that columns show'],
];

/** What went, so that nobody takes a wrong id for a user who is gone. */
function erasedWords({ deleted, requests }: Erased, name: string, tenant: string): string {
  const rows = Object.values(deleted).reduce((sum, n) => sum + n, 0);
  if (rows === 0) return `Nothing is stored of ${name} at ${tenant}: nothing was erased`;
  return `All of ${name} is erased: ${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'}, ${formatCount(rows)} rows`;
}

function UserActs({ ask }: { ask: AskFor }) {
  const tenants = useTenants().data ?? [];
  const [tenant, setTenant] = useState('');
  const [known, setKnown] = useState<Known>('id');
  const [name, setName] = useState('');
  const out = useAct(addOptOut);
  const away = useAct(erase);
  const said = name.trim();
  // The same id is another person at another tenant: of several, one is chosen by hand.
  const only = tenants.length > 1 ? '' : (tenants[0]?.name ?? 'default');
  const user: UserAsked = {
    tenant: tenant.trim() || only,
    ...(known === 'id' ? { user_id: said } : { user_hash: said }),
  };
  const ready = said !== '' && user.tenant !== '';
  const eraseAll = (): void =>
    ask({
      title: `Erase all of ${said} at ${user.tenant}?`,
      effect: `Requests, pictures, scores, feedback and logs of this user of ${user.tenant} are deleted, and the figures of their hours are counted again. It cannot be taken back.`,
      act: 'Erase',
      onAct: () =>
        away.mutate(user, { onSuccess: (erased) => toast(erasedWords(erased, said, user.tenant)) }),
    });
  const error = out.error ?? away.error;
  return (
    <Cells columns="minmax(0, 1fr) minmax(0, 1fr)">
      <Cell>
        <Head title="A user who asks" />
        <Form onSubmit={() => out.mutate(user, { onSuccess: () => toast(`${said} is taken out`) })}>
          <div className={css.two}>
            <TextField
              label="Tenant"
              value={tenant}
              onChange={setTenant}
              placeholder={only}
              known={tenants.map((one) => one.name)}
            />
            <SelectField label="Known by" value={known} choices={KNOWN} onChange={setKnown} />
          </div>
          <TextField
            label="User"
            mono
            value={name}
            onChange={setName}
            hint={
              known === 'id' ? 'as in user_id_hash of what is sent' : 'user_id_hash, 16 hexadecimal digits'
            }
            wrong={wrongOf(error, 'user_hash')}
          />
          <Refused error={error} at={['user_hash']} />
          <Acts>
            <Button type="submit" busy={out.isPending} disabled={!ready}>
              Take no more telemetry
            </Button>
            <Button kind="danger" onClick={eraseAll} busy={away.isPending} disabled={!ready}>
              Erase what is stored
            </Button>
          </Acts>
        </Form>
      </Cell>
      <Cell>
        <Head title="What each does" />
        <p className="small dim">
          <b>No more telemetry</b>: what senders tell of the user is dropped at the door and counted as opted
          out. What is stored stays until its retention is over.
        </p>
        <p className="small dim">
          <b>Erase</b>: what is stored of the user goes at once, pictures included. Both are in the audit log.
        </p>
      </Cell>
    </Cells>
  );
}

function OptOuts({ ask }: { ask: AskFor }) {
  const { data, error, isPending, refetch } = useOptOuts();
  const back = useAct(removeOptOut);
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  return (
    <Sheet label="Opt-outs">
      <Head
        alone
        title="Opt-outs"
        {...(data ? { unit: `${formatCount(data.length)} ${data.length === 1 ? 'user' : 'users'}` } : {})}
      />
      {isPending && <Loading height={80} label="Opt-outs" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {back.error && (
        <Cell>
          <Refused error={back.error} />
        </Cell>
      )}
      {data?.length === 0 && <Quiet>Nobody has opted out.</Quiet>}
      {data && data.length > 0 && (
        <Table
          label="List: opt-outs"
          rows={data}
          keyOf={(row) => `${row.tenant} ${row.user_hash}`}
          height={400}
          columns={[
            { id: 'user', title: 'User', cell: (row) => <span className="mono">{row.user_hash}</span> },
            { id: 'tenant', title: 'Tenant', cell: (row) => row.tenant },
            {
              id: 'since',
              title: 'Since',
              right: true,
              wide: true,
              cell: (row) => formatTime(Date.parse(row.since), now_ms, zone),
            },
            {
              id: 'act',
              title: 'Act',
              right: true,
              cell: (row) => (
                <Button
                  onClick={() =>
                    ask({
                      title: `Take telemetry of ${row.user_hash} again?`,
                      effect: `What senders tell of this user of ${row.tenant} is stored again from now on.`,
                      act: 'Take it again',
                      onAct: () => back.mutate(row),
                    })
                  }
                  aria-label={`Take again telemetry of ${row.user_hash}`}
                >
                  Take again
                </Button>
              ),
            },
          ]}
        />
      )}
    </Sheet>
  );
}

function Erasures() {
  const { data, error, isPending, refetch } = useErasures();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const timeOf = (time: string): string => formatTime(Date.parse(time), now_ms, zone);
  return (
    <Sheet label="Erasures">
      <Head alone title="Erasures" />
      {isPending && <Loading height={80} label="Erasures" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && <Quiet>Nothing was erased on demand.</Quiet>}
      {data && data.length > 0 && (
        <Table
          label="List: erasures"
          rows={data}
          keyOf={(row) => `${row.tenant} ${row.user_hash} ${row.requested_at}`}
          height={400}
          columns={[
            { id: 'user', title: 'User', cell: (row) => <span className="mono">{row.user_hash}</span> },
            { id: 'tenant', title: 'Tenant', cell: (row) => row.tenant },
            {
              id: 'asked',
              title: 'Asked for',
              right: true,
              wide: true,
              cell: (row) => timeOf(row.requested_at),
            },
            {
              id: 'done',
              title: 'Done',
              right: true,
              cell: (row) =>
                row.done_at === null ? <span className="warn">not done</span> : timeOf(row.done_at),
            },
          ]}
        />
      )}
    </Sheet>
  );
}

const Quiet = ({ children }: { children: string }) => (
  <Cell>
    <p className="small dimmer">{children}</p>
  </Cell>
);
