/** The form of a monitor, and the document that it makes. */
import { useState } from 'react';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { Command } from '../../parts/command.tsx';
import { Checks, Field, Form, Refused, TextField } from '../../parts/field.tsx';
import { Cell, Cells, Head } from '../../parts/sheet.tsx';
import { type MonitorForm, monitorDocument } from './monitor.ts';
import css from './monitors.module.css';
import { DRIFT_TITLES } from './words.ts';

const SEGMENTS = [
  ['tenant', 'each tenant'],
  ['workload', 'each workload'],
  ['model_version', 'each version'],
  ['region', 'each region'],
  ['hardware_class', 'each kind of machine'],
  ['pipeline_stage', 'each stage'],
] as const;
const NUMBERS = [
  ['window_hours', 'Window, hours', '24'],
  ['least_effect', 'Least effect, PSI', 'of the metric'],
  ['alpha', 'α', '0.05'],
  ['persistence', 'Hours it must last', '2'],
  ['minimum_n', 'Least observations', '20'],
] as const;

interface MonitorEditorProps {
  readonly start: MonitorForm;
  readonly isNew: boolean;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSave: (yaml: string) => void;
  readonly onClose: () => void;
}

export function MonitorEditor({ start, isNew, busy, error, onSave, onClose }: MonitorEditorProps) {
  const [form, setForm] = useState(start);
  const set = (more: Partial<MonitorForm>): void => setForm((now) => ({ ...now, ...more }));
  const yaml = monitorDocument(form);
  const by = form.segments.filter((one) => one !== 'pipeline_stage').join(',');
  return (
    <Cells columns="minmax(0, 1fr) minmax(0, 460px)">
      <Cell>
        <Head title={isNew ? 'New monitor' : form.name} unit="an empty field: the default holds" />
        <Form onSubmit={() => onSave(yaml)}>
          <Fields form={form} isNew={isNew} onChange={set} />
          <Refused error={error} />
          <div className={css.acts}>
            <Button kind="solid" type="submit" busy={busy} disabled={form.name === ''}>
              Apply
            </Button>
            <Button kind="quiet" onClick={onClose}>
              Close
            </Button>
          </div>
        </Form>
      </Cell>
      <Cell>
        <div className={css.beside}>
          <Head title="As a document" unit="pegbar apply -f monitor.yaml" />
          <Command plain text={yaml} />
          <ButtonLink
            href={`/drift/${form.metric}?${new URLSearchParams({ ...(by === '' ? {} : { by }), ...(form.baseline === '28d' ? {} : { baseline: form.baseline }) })}`}
          >
            What it sees now
          </ButtonLink>
        </div>
      </Cell>
    </Cells>
  );
}

interface FieldsProps {
  readonly form: MonitorForm;
  readonly isNew: boolean;
  readonly onChange: (more: Partial<MonitorForm>) => void;
}
function Fields({ form, isNew, onChange: set }: FieldsProps) {
  return (
    <>
      {isNew && (
        <TextField
          label="Name"
          value={form.name}
          onChange={(name) => set({ name })}
          hint="a-z, 0-9, dot, _ and -; the name of a built-in one replaces it"
        />
      )}
      <div className={css.two}>
        <Choice
          label="Metric"
          value={form.metric}
          choices={Object.entries(DRIFT_TITLES)}
          onChange={(metric) => set({ metric })}
        />
        <Choice
          label="Baseline"
          value={form.baseline}
          choices={[
            ['28d', '28 days before'],
            ['7d', '7 days before'],
            ['release', 'previous release'],
            ...(/^(?:28d|7d|release)$/.test(form.baseline)
              ? []
              : ([[form.baseline, form.baseline]] as const)),
          ]}
          onChange={(baseline) => set({ baseline })}
        />
      </div>
      <Checks
        label="By"
        values={form.segments}
        choices={SEGMENTS}
        onChange={(segments) => set({ segments })}
      />
      <div className={css.three}>
        {NUMBERS.map(([name, label, usual]) => (
          <TextField
            key={name}
            label={label}
            value={form[name]}
            placeholder={usual}
            onChange={(text) => set({ [name]: text })}
          />
        ))}
      </div>
      <TextField
        label="Leave out of the baseline"
        mono
        lines={2}
        value={form.exclude}
        onChange={(exclude) => set({ exclude })}
        hint="FROM/TO, a window a line"
      />
      <Checks
        label="State"
        values={form.enabled ? ['enabled'] : []}
        choices={[['enabled', 'it is looked at every hour']] as const}
        onChange={(values) => set({ enabled: values.length > 0 })}
      />
    </>
  );
}

function Choice(props: {
  label: string;
  value: string;
  choices: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}) {
  return (
    <Field label={props.label}>
      {(ids) => (
        <select
          {...ids}
          className={css.select}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        >
          {props.choices.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
