/** The policy of a tenant: fields at the left, the document that they make at the right. */
import { useState } from 'react';
import type { TenantRow } from '../../api/index.ts';
import { Button } from '../../parts/button.tsx';
import { DocumentForm } from '../../parts/document-form.tsx';
import { Fields, SelectField, TextField } from '../../parts/field.tsx';
import css from './admin.module.css';
import {
  documentOf,
  durationText,
  type PolicyForm,
  PROMPT_WORDS,
  RETENTION_WORDS,
  RETENTIONS,
} from './policy.ts';

interface TenantFormProps {
  readonly tenant: TenantRow | null;
  readonly start: PolicyForm;
  readonly isNew: boolean;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSave: (yaml: string) => void;
  readonly onClose: () => void;
  readonly onRemove?: () => void;
}

export function TenantForm(props: TenantFormProps) {
  const { tenant, start, isNew, busy, error } = props;
  const [form, setForm] = useState(start);
  const set = (more: Partial<PolicyForm>): void => setForm((now) => ({ ...now, ...more }));
  const yaml = documentOf(form);
  const unchanged = !isNew && yaml === documentOf(start);
  return (
    <DocumentForm
      title={isNew ? 'New tenant' : `What holds for ${tenant?.name ?? form.name}`}
      file="tenant.yaml"
      yaml={yaml}
      error={error}
      onSave={props.onSave}
      acts={
        <>
          <Button kind="solid" type="submit" busy={busy} disabled={unchanged || (isNew && form.name === '')}>
            {isNew ? 'Declare tenant' : 'Apply'}
          </Button>
          <Button kind="quiet" onClick={props.onClose}>
            Close
          </Button>
          {props.onRemove && (
            <Button kind="danger" onClick={props.onRemove}>
              Back to the defaults
            </Button>
          )}
        </>
      }
      after={
        <p className="small dimmer">
          Apply sends this document. Kept in a repository and sent by your pipeline it does the same; every
          change is in the audit log.
        </p>
      }
    >
      {isNew && (
        <TextField
          label="Name"
          value={form.name}
          onChange={(name) => set({ name })}
          hint="a-z, 0-9, dot, _ and -"
        />
      )}
      <Prompts form={form} tenant={tenant} onChange={set} />
      <Retention form={form} tenant={tenant} onChange={set} />
      <Sampling form={form} tenant={tenant} onChange={set} />
    </DocumentForm>
  );
}

/** One group of the fields: `tenant` tells what holds now, shown where a field is empty. */
interface GroupProps {
  readonly form: PolicyForm;
  readonly tenant: TenantRow | null;
  readonly onChange: (more: Partial<PolicyForm>) => void;
}

const placeholder = (tenant: TenantRow | null, kind: string): string => {
  const ms = tenant?.policy.retention_ms[kind];
  return ms === undefined ? 'default' : durationText(ms);
};

const PROMPT_CHOICES = Object.keys(PROMPT_WORDS).map(
  (word) => [word as PolicyForm['prompts'], word] as const,
);

/** What happens to the text of prompts before anything is stored. */
function Prompts({ form, tenant, onChange }: GroupProps) {
  const holds = form.prompts === '' ? (tenant?.policy.prompts ?? null) : form.prompts;
  return (
    <>
      <h3 className={css.group}>Privacy</h3>
      <SelectField
        label="Prompts"
        hint={holds === null ? undefined : PROMPT_WORDS[holds]}
        value={form.prompts}
        choices={[
          ['', `default${tenant && !form.prompts ? ` (${tenant.policy.prompts})` : ''}`],
          ...PROMPT_CHOICES,
        ]}
        onChange={(prompts) => onChange({ prompts })}
      />
      <Fields columns={2}>
        <TextField
          label="Also redact what matches"
          mono
          lines={3}
          value={form.patterns}
          onChange={(patterns) => onChange({ patterns })}
          hint="a regular expression a line, beside the built-in ones"
        />
        <TextField
          label="Also redact attributes named"
          mono
          lines={3}
          value={form.keys}
          onChange={(keys) => onChange({ keys })}
          hint="a name a line"
        />
      </Fields>
      <TextField
        label="Folders that pictures may be read from"
        mono
        lines={2}
        value={form.roots}
        onChange={(roots) => onChange({ roots })}
        hint="absolute paths on the server, a line each"
      />
    </>
  );
}

/** How long each kind of row is kept. */
function Retention({ form, tenant, onChange }: GroupProps) {
  return (
    <>
      <h3 className={css.group}>Retention</h3>
      <Fields columns={2}>
        {RETENTIONS.map((kind) => (
          <TextField
            key={kind}
            label={RETENTION_WORDS[kind]!}
            value={form.retention[kind] ?? ''}
            placeholder={placeholder(tenant, kind)}
            onChange={(text) => onChange({ retention: { ...form.retention, [kind]: text } })}
          />
        ))}
      </Fields>
    </>
  );
}

/** What is kept whole of what arrives. */
function Sampling({ form, tenant, onChange }: GroupProps) {
  return (
    <>
      <h3 className={css.group}>Sampling</h3>
      <Fields columns={3}>
        <TextField
          label="Share of traces kept"
          value={form.traces}
          placeholder={String(tenant?.policy.sampling.traces ?? 0.05)}
          onChange={(traces) => onChange({ traces })}
          hint="0 to 1; errors are always kept"
        />
        <TextField
          label="Slow from, ms"
          value={form.slow_ms}
          placeholder={String(tenant?.policy.sampling.slow_ms ?? 10_000)}
          onChange={(slow_ms) => onChange({ slow_ms })}
          hint="slower requests are always kept"
        />
        <TextField
          label="Share of pictures kept"
          value={form.artifacts}
          placeholder={String(tenant?.policy.sampling.artifacts ?? 0.1)}
          onChange={(artifacts) => onChange({ artifacts })}
          hint="0 to 1"
        />
      </Fields>
    </>
  );
}
