/** Tenants: what holds for each, and the document that says so. */
import { useEffect, useRef, useState } from 'react';
import {
  applyResources,
  deleteTenantDocument,
  type TenantRow,
  useAct,
  useTenantDocuments,
  useTenants,
} from '../../api/index.ts';
import { formatPercent } from '../../format/index.ts';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useParameter } from '../../url/index.ts';
import css from './admin.module.css';
import { Name } from './names.tsx';
import { formOf, lifeText } from './policy.ts';
import { TenantForm } from './tenant-form.tsx';

/** The value of the address for a tenant that is not there yet. */
const NEW = '*';

export function Part() {
  const tenants = useTenants();
  const documents = useTenantDocuments();
  const [open, setOpen] = useParameter('tenant_name');
  const apply = useAct(applyResources);
  const remove = useAct(deleteTenantDocument);
  const [question, ask] = useState<Question | null>(null);
  const rows = tenants.data ?? [];
  const tenant = rows.find(({ name }) => name === open) ?? null;
  const document = documents.data?.find(({ metadata }) => metadata.name === open);
  const shown = open === NEW || tenant !== null;
  if (tenants.isPending || documents.isPending) return <Loading height={320} label="Tenants" />;
  if (!tenants.data) return <Failed error={tenants.error} onRetry={() => void tenants.refetch()} />;
  const save = (yaml: string): void =>
    apply.mutate(yaml, {
      onSuccess: () => {
        toast(open === NEW ? 'The tenant is declared' : `What holds for ${open} was changed`);
        if (open === NEW) setOpen(null);
      },
    });
  const removeDocument = (name: string): void =>
    ask({
      title: `Take back what ${name} declares?`,
      effect: `The defaults of this server hold for ${name} from now on: prompts, retention and sampling may change at once. Its data stays.`,
      act: 'Take it back',
      onAct: () => remove.mutate(name, { onSuccess: () => toast(`The defaults hold for ${name}`) }),
    });
  return (
    <>
      <Sheet label="Tenants">
        <Head
          alone
          title="Tenants"
          unit="each sends and sees its own data only"
          end={
            <Button onClick={() => setOpen(NEW)} disabled={open === NEW}>
              New tenant
            </Button>
          }
        />
        {rows.length === 0 ? (
          <Note title="No tenant yet">The first event makes the tenant of its key.</Note>
        ) : (
          <TenantTable rows={rows} open={open} onOpen={setOpen} />
        )}
      </Sheet>
      {shown && (
        <Sheet label="Policy">
          <Seen />
          <TenantForm
            key={`${open} ${document?.status.version ?? 0}`}
            tenant={tenant}
            start={formOf(tenant, document)}
            isNew={open === NEW}
            busy={apply.isPending}
            error={apply.error ?? remove.error}
            onSave={save}
            onClose={() => setOpen(null)}
            {...(document ? { onRemove: () => removeDocument(document.metadata.name) } : {})}
          />
        </Sheet>
      )}
      <Ask question={question} onClose={() => ask(null)} />
    </>
  );
}

/** What was opened below a long list comes into sight. */
function Seen() {
  const here = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    // Newer browsers answer a promise, which is no clean-up.
    here.current?.parentElement?.scrollIntoView({ block: 'nearest' });
  }, []);
  return <span ref={here} className={css.seen} />;
}

const TenantTable = (props: {
  rows: readonly TenantRow[];
  open: string | null;
  onOpen: (name: string) => void;
}) => (
  <Table
    label="List: tenants"
    rows={props.rows}
    keyOf={(row) => row.name}
    height={480}
    selected={props.open}
    onOpen={(row) => props.onOpen(row.name)}
    columns={[
      { id: 'name', title: 'Tenant', cell: (row) => <Name text={row.name} /> },
      { id: 'prompts', title: 'Prompts', cell: (row) => row.policy.prompts },
      ...(['spans', 'kept_traces', 'events', 'artifacts'] as const).map((kind) => ({
        id: kind,
        title: LIVES[kind],
        right: true,
        wide: true,
        cell: (row: TenantRow) => lifeText(row.policy.retention_ms[kind] ?? 0),
      })),
      {
        id: 'traces',
        title: 'Traces kept',
        right: true,
        wide: true,
        cell: (row) => formatPercent(row.policy.sampling.traces),
      },
      {
        id: 'declared',
        title: 'Says so',
        cell: (row) =>
          row.declared ? <Tag status="pen">its document</Tag> : <span className="dimmer">defaults</span>,
      },
    ]}
  />
);
const LIVES = {
  spans: 'Spans',
  kept_traces: 'Kept traces',
  events: 'Events',
  artifacts: 'Pictures',
} as const;
