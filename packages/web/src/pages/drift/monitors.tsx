/** Monitors: what is looked at by itself, where each stands, and a form with a preview for one of them. */
import { useState } from 'react';
import {
  applyResources,
  type DriftMonitorRow,
  deleteDriftMonitor,
  useAct,
  useDriftMonitors,
  useMay,
} from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { useContextState, useNow, useParameter } from '../../url/index.ts';
import { formOf, NEW_MONITOR } from './monitor.ts';
import { MonitorEditor } from './monitor-form.tsx';
import { MonitorTable } from './monitor-table.tsx';
import { monitorsTitle } from './monitor-words.ts';

const LOADING_PX = 420;
export const keyOf = ({ name, tenant }: Pick<DriftMonitorRow, 'name' | 'tenant'>): string =>
  `${tenant}/${name}`;

export function Page() {
  const monitors = useDriftMonitors();
  const admin = useMay('admin');
  const [open, setOpen] = useParameter('open');
  const [said, setSaid] = useState('');
  const [question, setQuestion] = useState<Question | null>(null);
  const apply = useAct(applyResources);
  const remove = useAct(deleteDriftMonitor);
  const rows = monitors.data ?? [];
  const chosen = rows.find((one) => keyOf(one) === open);
  const close = (words: string) => () => {
    setSaid(words);
    setOpen(null);
  };
  const onSave = (yaml: string): void =>
    apply.mutate(yaml, { onSuccess: close('Applied. It is looked at within a minute, then at its hours.') });
  const onRemove = (one: DriftMonitorRow): void =>
    setQuestion({
      title: one.replaces ? `Back to the built-in ${one.name}?` : `Delete ${one.name}?`,
      effect: one.replaces
        ? 'The document goes, the built-in monitor holds again, and its error budget begins anew. What it found ends now.'
        : 'It is not looked at any more, and what it found ends now.',
      act: one.replaces ? 'Delete the document' : 'Delete monitor',
      onAct: () => remove.mutate(one, { onSuccess: close(`${one.name} is deleted.`) }),
    });
  return (
    <>
      <PageHead
        title={monitors.data ? monitorsTitle(rows) : 'Drift monitors'}
        sentence={useSentence(rows)}
        timeless
        actions={
          <>
            <ButtonLink href="/drift">Drift</ButtonLink>
            {admin && (
              <Button kind={open === null ? 'solid' : 'plain'} onClick={() => setOpen('new')}>
                New monitor
              </Button>
            )}
          </>
        }
      />
      <p role="status" className={said === '' ? 'vh' : 'small dim'}>
        {said}
      </p>
      {(open === 'new' || chosen) && (
        <MonitorEditor
          key={open}
          monitor={chosen ?? null}
          start={chosen ? formOf(chosen) : NEW_MONITOR}
          busy={apply.isPending || remove.isPending}
          error={apply.error ?? remove.error}
          mayWrite={admin}
          onSave={onSave}
          onClose={() => setOpen(null)}
          onRemove={onRemove}
        />
      )}
      <Sheet label="Monitors">
        <Head alone title="Monitors" unit="declared and built in" />
        {monitors.isPending && <Loading height={LOADING_PX} label="Monitors" />}
        {monitors.error && <Failed error={monitors.error} onRetry={() => void monitors.refetch()} />}
        {rows.length > 0 && <MonitorTable rows={rows} open={open} onOpen={(one) => setOpen(keyOf(one))} />}
      </Sheet>
      <Ask question={question} onClose={() => setQuestion(null)} />
    </>
  );
}

function useSentence(rows: readonly DriftMonitorRow[]): string {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const next = rows.flatMap(({ next_look }) => (next_look === null ? [] : [Date.parse(next_look)]));
  const on = rows.filter(({ state }) => state !== 'off').length;
  if (next.length === 0) return 'Each looks by itself at one metric, by segment, against a baseline.';
  return `${on} monitors look by themselves at one metric each, by segment, against a baseline; next ${formatTime(Math.max(now_ms, Math.min(...next)), now_ms, zone)}.`;
}
