/** The form of a monitor with the document that it makes, where the monitor stands, and what it would have said. */
import { useState } from 'react';
import { type DriftMonitorRow, useReleased } from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { DocumentForm } from '../../parts/document-form.tsx';
import { Checks, Fields, SelectField, TextField } from '../../parts/field.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import { type MonitorForm, monitorDocument } from './monitor.ts';
import { STATES, spentWords } from './monitor-words.ts';
import css from './monitors.module.css';
import { Preview } from './preview.tsx';
import { DRIFT_TITLES } from './words.ts';

/** Fields of several lines, one thing a line. */
const LISTS = [
  ['filter', 'Segments to look at', 'tenant=mangatan, a filter a line'],
  ['exclude', 'Leave out of the baseline', 'FROM/TO, a window a line'],
] as const;
const SEGMENTS = [
  ['tenant', 'each tenant'],
  ['workload', 'each workload'],
  ['model_version', 'each version'],
  ['region', 'each region'],
  ['hardware_class', 'each kind of machine'],
  ['traffic_source', 'each source of traffic'],
  ['pipeline_stage', 'each stage'],
  ['collection', 'each collection'],
] as const;
const NUMBERS = [
  ['window_hours', 'Window, hours', '24'],
  ['least_effect', 'Least effect, PSI', 'of the metric'],
  ['alpha', 'α over 28 days', '0.05'],
  ['persistence', 'Looks in a row', '2'],
  ['minimum_n', 'Least observations', '20'],
] as const;

interface MonitorEditorProps {
  /** Null: a new one. */
  readonly monitor: DriftMonitorRow | null;
  readonly start: MonitorForm;
  readonly busy: boolean;
  readonly error: unknown;
  readonly mayWrite: boolean;
  readonly onSave: (yaml: string) => void;
  readonly onClose: () => void;
  readonly onRemove: (one: DriftMonitorRow) => void;
}

export function MonitorEditor(props: MonitorEditorProps) {
  const { monitor, start, busy, mayWrite, onRemove } = props;
  const [form, setForm] = useState(start);
  const set = (more: Partial<MonitorForm>): void => setForm((now) => ({ ...now, ...more }));
  const yaml = monitorDocument(form);
  const unchanged = monitor !== null && yaml === monitorDocument(start);
  // A new one is previewed once somebody asks: it has no name and may have no sense yet.
  const [previewed, setPreviewed] = useState(monitor === null ? null : yaml);
  const by = form.segments.filter((one) => one !== 'pipeline_stage').join(',');
  const query = new URLSearchParams({
    ...(by === '' ? {} : { by }),
    ...(form.baseline === '28d' ? {} : { baseline: form.baseline }),
  });
  return (
    <>
      <Sheet label="Monitor">
        <DocumentForm
          title={monitor === null ? 'New monitor' : form.name}
          file="monitor.yaml"
          yaml={yaml}
          error={props.error}
          onSave={props.onSave}
          before={monitor && <Standing monitor={monitor} />}
          after={
            <ButtonLink href={`/drift/${form.metric}${query.size === 0 ? '' : `?${query}`}`}>
              What it sees now
            </ButtonLink>
          }
          acts={
            <>
              {mayWrite && (
                <Button kind="solid" type="submit" busy={busy} disabled={form.name === '' || unchanged}>
                  {monitor === null ? 'Declare monitor' : 'Apply'}
                </Button>
              )}
              <Button kind="quiet" onClick={props.onClose}>
                Close
              </Button>
              {mayWrite && monitor?.origin === 'declared' && (
                <Button kind="danger" onClick={() => onRemove(monitor)}>
                  {monitor.replaces ? 'Back to the built-in one' : 'Delete'}
                </Button>
              )}
            </>
          }
        >
          <MonitorFields form={form} isNew={monitor === null} onChange={set} />
        </DocumentForm>
      </Sheet>
      <Preview
        yaml={previewed}
        baseline={form.baseline}
        stale={previewed !== yaml}
        onAsk={() => setPreviewed(yaml)}
      />
    </>
  );
}

/** Where it stands: state, looks and budget. */
function Standing({ monitor }: { monitor: DriftMonitorRow }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const time = (text: string): string => formatTime(Date.parse(text), now_ms, zone);
  const { budget, every_hours: every, state, error, muted_until: muted } = monitor;
  const rows: (readonly [string, string])[] = [
    ['State', STATES[state][1]],
    ...(error === null ? [] : [['Why', error] as const]),
    ...(muted === null ? [] : [['Muted until', time(muted)] as const]),
    ...(monitor.last_look === null ? [] : [['Looked at up to', time(monitor.last_look)] as const]),
    ...(monitor.next_look === null ? [] : [['Next look', time(monitor.next_look)] as const]),
    ...(every === null ? [] : [['Between looks', every === 1 ? '1 h' : `${every} h`] as const]),
  ];
  if (budget !== null)
    rows.push(
      ['Error budget used', spentWords(budget)],
      ['Tests, found', `${budget.tests}, ${budget.discoveries}`],
      ['Budget is new', time(budget.until)],
    );
  return (
    <dl className={css.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FieldsProps {
  readonly form: MonitorForm;
  readonly isNew: boolean;
  readonly onChange: (more: Partial<MonitorForm>) => void;
}
function MonitorFields({ form, isNew, onChange: set }: FieldsProps) {
  return (
    <>
      {isNew && (
        <Fields columns={2}>
          <TextField
            label="Name"
            value={form.name}
            onChange={(name) => set({ name })}
            hint="a-z, 0-9, dot, _ and -; the name of a built-in one replaces it"
          />
          <TextField
            label="Tenant"
            value={form.tenant}
            onChange={(tenant) => set({ tenant })}
            hint="empty: for the installation, over all tenants"
          />
        </Fields>
      )}
      <What form={form} onChange={set} />
      <Fields columns={3}>
        {NUMBERS.map(([name, label, usual]) => (
          <TextField
            key={name}
            label={label}
            value={form[name]}
            placeholder={usual}
            onChange={(text) => set({ [name]: text })}
          />
        ))}
        <TextField
          label="Muted until"
          value={form.muted_until}
          placeholder="not muted"
          onChange={(muted_until) => set({ muted_until })}
        />
      </Fields>
      <Fields columns={2}>
        {LISTS.map(([name, label, hint]) => (
          <TextField
            key={name}
            label={label}
            hint={hint}
            mono
            lines={2}
            value={form[name]}
            onChange={(text) => set({ [name]: text })}
          />
        ))}
      </Fields>
      <Checks
        label="State"
        values={form.enabled ? ['enabled'] : []}
        choices={[['enabled', 'it is looked at by itself']] as const}
        onChange={(values) => set({ enabled: values.length > 0 })}
      />
    </>
  );
}

/** The metric, what it is compared with, and how it is divided. */
function What({ form, onChange: set }: Omit<FieldsProps, 'isNew'>) {
  const known = form.metric in DRIFT_TITLES;
  const released = useReleased().map((version) => [`release:${version}`, version] as const);
  const listed =
    /^(?:28d|7d|release)$/.test(form.baseline) || released.some(([value]) => value === form.baseline);
  return (
    <>
      <Fields columns={2}>
        <SelectField
          label="Metric"
          value={form.metric}
          choices={[...(known ? [] : [[form.metric, form.metric] as const]), ...Object.entries(DRIFT_TITLES)]}
          onChange={(metric) => set({ metric })}
        />
        <SelectField
          label="Baseline"
          value={form.baseline}
          choices={[
            ['28d', '28 days before'],
            ['7d', '7 days before'],
            ['release', 'previous release'],
            ...released.map(([value, words]) => [value, `release ${words}`] as const),
            ...(listed ? [] : ([[form.baseline, form.baseline]] as const)),
          ]}
          onChange={(baseline) => set({ baseline })}
        />
      </Fields>
      <Checks
        label="By"
        values={form.segments}
        choices={SEGMENTS}
        onChange={(segments) => set({ segments })}
      />
    </>
  );
}
