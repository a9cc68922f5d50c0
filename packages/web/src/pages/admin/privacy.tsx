/** Privacy: what happens to prompts, who wants no telemetry, what was erased. */
import { useState } from 'react';
import { Link } from 'wouter';
import {
  addOptOut,
  erase,
  removeOptOut,
  useAct,
  useErasures,
  useOptOuts,
  useTenants,
} from '../../api/index.ts';
import { formatCount, formatTime } from '../../format/index.ts';
import { Acts } from '../../parts/acts.tsx';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Form, Refused, TextField, wrongOf } from '../../parts/field.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './admin.module.css';
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
          columns={[
            {
              id: 'name',
              title: 'Tenant',
              cell: (row) => (
                <Link href={link('/admin', { section: 'tenants', tenant_name: row.name })}>{row.name}</Link>
              ),
            },
            { id: 'prompts', title: 'Prompts', cell: (row) => <b>{row.policy.prompts}</b> },
            {
              id: 'means',
              title: 'Means',
              wide: true,
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

function UserActs({ ask }: { ask: AskFor }) {
  const tenants = useTenants().data ?? [];
  const [tenant, setTenant] = useState('');
  const [hash, setHash] = useState('');
  const out = useAct(addOptOut);
  const away = useAct(erase);
  const user = { tenant: tenant.trim() || tenants[0]?.name || 'default', user_hash: hash.trim() };
  const said = hash.trim() !== '';
  const eraseAll = (): void =>
    ask({
      title: `Erase all of ${user.user_hash}?`,
      effect: `Requests, pictures, scores, feedback and logs of this user of ${user.tenant} are deleted, and the figures of their hours are counted again. It cannot be taken back.`,
      act: 'Erase',
      onAct: () => away.mutate(user, { onSuccess: () => toast(`All of ${user.user_hash} is erased`) }),
    });
  return (
    <Cells columns="minmax(0, 1fr) minmax(0, 1fr)">
      <Cell>
        <Head title="A user who asks" />
        <Form onSubmit={() => out.mutate(user, { onSuccess: () => toast(`${user.user_hash} is taken out`) })}>
          <div className={css.two}>
            <TextField
              label="Tenant"
              value={tenant}
              onChange={setTenant}
              placeholder={tenants[0]?.name ?? 'default'}
              known={tenants.map((one) => one.name)}
            />
            <TextField
              label="User"
              mono
              value={hash}
              onChange={setHash}
              placeholder="29933d663cbc768a"
              hint="user_id_hash, 16 hexadecimal digits"
              wrong={wrongOf(out.error ?? away.error, 'user_hash')}
            />
          </div>
          <Refused error={out.error ?? away.error} at={['user_hash']} />
          <Acts>
            <Button type="submit" busy={out.isPending} disabled={!said}>
              Take no more telemetry
            </Button>
            <Button kind="danger" onClick={eraseAll} busy={away.isPending} disabled={!said}>
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
      <Head alone title="Opt-outs" {...(data ? { unit: `${formatCount(data.length)} users` } : {})} />
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
          keyOf={(row) => JSON.stringify(row)}
          height={400}
          columns={[
            { id: 'user', title: 'User', cell: (row) => <span className="mono">{row.user_hash}</span> },
            { id: 'tenant', title: 'Tenant', cell: (row) => row.tenant },
            {
              id: 'rest',
              title: 'What went',
              wide: true,
              cell: ({ tenant: _tenant, user_hash: _user, ...rest }) => (
                <span className={css.detail}>{restWords(rest)}</span>
              ),
            },
          ]}
        />
      )}
    </Sheet>
  );
}

const restWords = (rest: Readonly<Record<string, unknown>>): string =>
  Object.entries(rest)
    .map(
      ([name, value]) =>
        `${name.replaceAll('_', ' ')} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    .join(', ');

const Quiet = ({ children }: { children: string }) => (
  <Cell>
    <p className="small dimmer">{children}</p>
  </Cell>
);
