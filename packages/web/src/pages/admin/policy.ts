/** The policy of a tenant as a form holds it, and as the document that declares it. */
import type { Resource, TenantPolicy, TenantRow } from '../../api/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** `48h`, `30d`: as documents write it. */
export function durationText(ms: number): string {
  if (ms % DAY === 0 && ms > 2 * DAY) return `${ms / DAY}d`;
  if (ms % HOUR === 0) return `${ms / HOUR}h`;
  return `${Math.round(ms / 1000)}s`;
}

/** `48 h`, `30 d`: as pages write it. */
export const lifeText = (ms: number): string => durationText(ms).replace(/(?<=\d)(?=[a-z])/, ' ');

export const RETENTION_WORDS: Readonly<Record<string, string>> = {
  spans: 'Spans of traces that are not kept',
  kept_traces: 'Kept traces: errors, slow ones, a share',
  logs: 'Logs',
  metrics: 'Metric points',
  events: 'Stages, pictures, scores, feedback',
  hour_rollups: 'Figures by hour',
  day_rollups: 'Figures by day',
  artifacts: 'Pictures and thumbnails',
};
export const RETENTIONS = Object.keys(RETENTION_WORDS);

export const PROMPT_WORDS = {
  keep: 'the text is stored as it comes',
  redact: 'names, addresses and secrets are taken out first',
  hash: 'only features and keyed hashes of words',
  drop: 'only features; no text, no hash of it',
} as const satisfies Record<TenantPolicy['prompts'], string>;

/** What a form holds: text as typed; empty = the default holds. */
export interface PolicyForm {
  readonly name: string;
  readonly prompts: TenantPolicy['prompts'] | '';
  readonly retention: Readonly<Record<string, string>>;
  readonly traces: string;
  readonly slow_ms: string;
  readonly artifacts: string;
  readonly patterns: string;
  readonly keys: string;
  readonly roots: string;
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const linesOf = (value: unknown): string => (Array.isArray(value) ? value.join('\n') : '');
const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The form of a tenant: what its document says, nothing where the defaults hold. */
export function formOf(tenant: TenantRow | null, document: Resource | undefined): PolicyForm {
  const spec = document?.spec ?? {};
  const retention = objectOf(spec.retention);
  const sampling = objectOf(spec.sampling);
  const redact = objectOf(spec.redact);
  return {
    name: tenant?.name ?? '',
    prompts: (spec.prompts as TenantPolicy['prompts'] | undefined) ?? '',
    retention: Object.fromEntries(RETENTIONS.map((kind) => [kind, textOf(retention[kind])])),
    traces: textOf(sampling.traces),
    slow_ms: textOf(sampling.slow_ms),
    artifacts: textOf(sampling.artifacts),
    patterns: linesOf(redact.patterns),
    keys: linesOf(redact.keys),
    roots: linesOf(spec.artifact_roots),
  };
}

type Plain = string | number | readonly string[] | { readonly [name: string]: Plain | undefined };

const lines = (text: string): string[] | undefined => {
  const found = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return found.length === 0 ? undefined : found;
};
const figure = (text: string): number | string | undefined => {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  // What is no number is sent as it was typed: the server names the field and the cure.
  return Number.isFinite(number) ? number : text;
};
const some = (members: Readonly<Record<string, Plain | undefined>>): Plain | undefined =>
  Object.values(members).every((value) => value === undefined) ? undefined : members;

function specOf(form: PolicyForm): Plain {
  return {
    prompts: form.prompts === '' ? undefined : form.prompts,
    retention: some(
      Object.fromEntries(RETENTIONS.map((kind) => [kind, form.retention[kind]?.trim() || undefined])),
    ),
    sampling: some({
      traces: figure(form.traces),
      slow_ms: figure(form.slow_ms),
      artifacts: figure(form.artifacts),
    }),
    redact: some({ patterns: lines(form.patterns), keys: lines(form.keys) }),
    artifact_roots: lines(form.roots),
  };
}

/** The document that `pegbar apply -f` would send. */
export const documentOf = (form: PolicyForm): string =>
  [
    'apiVersion: pegbar/v1',
    'kind: Tenant',
    'metadata:',
    `  name: ${scalar(form.name || 'name')}`,
    ...(yamlOf(specOf(form), 1) === '' ? ['spec: {}'] : ['spec:', yamlOf(specOf(form), 1)]),
    '',
  ].join('\n');

/** Plain where YAML reads it as the same text; quoted as JSON else, which YAML reads too. */
const scalar = (value: string | number): string =>
  typeof value === 'number' ||
  (/^[a-z/][\w./-]*$/i.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value))
    ? String(value)
    : /^\d+[a-z]+$/.test(value) && !/^\d+e/.test(value)
      ? value
      : JSON.stringify(value);

function yamlOf(value: Plain, depth: number): string {
  const pad = '  '.repeat(depth);
  return Object.entries(value as Readonly<Record<string, Plain | undefined>>)
    .filter(([, one]) => one !== undefined)
    .map(([name, one]) => {
      if (Array.isArray(one))
        return `${pad}${name}:\n${one.map((item) => `${pad}  - ${scalar(item)}`).join('\n')}`;
      if (typeof one === 'object') return `${pad}${name}:\n${yamlOf(one as Plain, depth + 1)}`;
      return `${pad}${name}: ${scalar(one as string | number)}`;
    })
    .join('\n');
}
