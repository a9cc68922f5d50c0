/** Monitors: what is looked at every hour by itself. A form with the document that it makes beside it. */
import { useState } from 'react';
import { applyResources, type Resource, useAct, useDriftMonitors } from '../../api/index.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useParameter } from '../../url/index.ts';
import { formOf, NEW_MONITOR } from './monitor.ts';
import { MonitorEditor } from './monitor-form.tsx';
import { driftTitle } from './words.ts';

const LOADING_PX = 160;
const keyOf = ({ metadata }: Resource): string => `${metadata.tenant ?? ''}/${metadata.name}`;

export function Page() {
  const monitors = useDriftMonitors();
  const [open, setOpen] = useParameter('open');
  const [saved, setSaved] = useState('');
  const apply = useAct(applyResources);
  const rows = monitors.data ?? [];
  const chosen = rows.find((one) => keyOf(one) === open);
  const onSave = (yaml: string): void =>
    apply.mutate(yaml, {
      onSuccess: () => {
        setSaved('Applied. It is looked at from the next hour on.');
        setOpen(null);
      },
    });
  return (
    <>
      <PageHead
        title="Drift monitors"
        sentence="Each is looked at every hour by itself: one metric, by segment, against a baseline."
        actions={
          <>
            <ButtonLink href="/drift">Drift</ButtonLink>
            <Button kind="solid" onClick={() => setOpen('new')}>
              New monitor
            </Button>
          </>
        }
      />
      <p role="status" className="small dim">
        {saved}
      </p>
      {(open === 'new' || chosen) && (
        <Sheet label="Monitor">
          <MonitorEditor
            key={open}
            start={chosen ? formOf(chosen) : NEW_MONITOR}
            isNew={!chosen}
            busy={apply.isPending}
            error={apply.error}
            onSave={onSave}
            onClose={() => setOpen(null)}
          />
        </Sheet>
      )}
      <Sheet label="Declared monitors">
        <Head alone title="Declared" unit="beside the built-in ones" />
        {monitors.isPending && <Loading height={LOADING_PX} label="Monitors" />}
        {monitors.error && <Failed error={monitors.error} onRetry={() => void monitors.refetch()} />}
        {monitors.data?.length === 0 && (
          <Note title="No monitor is declared">
            The built-in ones hold: prompts, acceptance, safety flags and style by tenant; latency, errors,
            cost and quality of every release. Declare one of the same name to change it.
          </Note>
        )}
        {rows.length > 0 && (
          <Table
            label="Monitors"
            rows={rows}
            keyOf={keyOf}
            selected={open}
            onOpen={(one) => setOpen(keyOf(one))}
            columns={[
              { id: 'name', title: 'Name', cell: (one) => <b>{one.metadata.name}</b> },
              { id: 'metric', title: 'Metric', cell: (one) => driftTitle(String(one.spec.metric ?? '')) },
              { id: 'by', title: 'By', wide: true, cell: (one) => formOf(one).segments.join(', ') || 'all' },
              { id: 'baseline', title: 'Baseline', wide: true, cell: (one) => formOf(one).baseline },
              {
                id: 'tenant',
                title: 'Tenant',
                wide: true,
                cell: (one) => one.metadata.tenant ?? 'every one',
              },
              {
                id: 'state',
                title: 'State',
                cell: (one) =>
                  formOf(one).enabled ? <Tag status="ok">looked at</Tag> : <Tag status="none">off</Tag>,
              },
            ]}
          />
        )}
      </Sheet>
    </>
  );
}
