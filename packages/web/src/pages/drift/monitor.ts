/** A drift monitor as a form holds it, and as the document that declares it. */

/** Text as typed; empty: the default holds. */
export interface MonitorForm {
  readonly name: string;
  readonly tenant: string;
  readonly metric: string;
  readonly segments: readonly string[];
  /** A filter a line. */
  readonly filter: string;
  readonly baseline: string;
  readonly window_hours: string;
  readonly least_effect: string;
  readonly alpha: string;
  readonly persistence: string;
  readonly minimum_n: string;
  /** A window a line. */
  readonly exclude: string;
  readonly muted_until: string;
  readonly enabled: boolean;
  /** Fields that the form does not know: they stay as they were declared. */
  readonly others: Readonly<Record<string, unknown>>;
}

const NUMBERS = ['window_hours', 'least_effect', 'alpha', 'persistence', 'minimum_n'] as const;
const KNOWN: ReadonlySet<string> = new Set([
  'metric',
  'segments',
  'filter',
  'baseline',
  'exclude',
  'muted_until',
  'enabled',
  ...NUMBERS,
]);

export const NEW_MONITOR: MonitorForm = {
  name: '',
  tenant: '',
  metric: 'prompt_tokens',
  segments: ['tenant'],
  filter: '',
  baseline: '28d',
  window_hours: '',
  least_effect: '',
  alpha: '',
  persistence: '',
  minimum_n: '',
  exclude: '',
  muted_until: '',
  enabled: true,
  others: {},
};

/** A monitor as the form shows it. */
export function formOf(monitor: {
  readonly name: string;
  readonly tenant: string;
  readonly written: Readonly<Record<string, unknown>>;
}): MonitorForm {
  const { name, tenant, written } = monitor;
  const text = (field: string): string => (written[field] === undefined ? '' : String(written[field]));
  const list = (field: string): string[] => (Array.isArray(written[field]) ? written[field].map(String) : []);
  const linesOf = (field: string): string => list(field).map(quoted).join('\n');
  return {
    name,
    tenant,
    metric: text('metric'),
    segments: list('segments'),
    enabled: written.enabled !== false,
    filter: linesOf('filter'),
    exclude: linesOf('exclude'),
    baseline: text('baseline') || '28d',
    muted_until: text('muted_until'),
    window_hours: text('window_hours'),
    least_effect: text('least_effect'),
    alpha: text('alpha'),
    persistence: text('persistence'),
    minimum_n: text('minimum_n'),
    others: Object.fromEntries(Object.entries(written).filter(([field]) => !KNOWN.has(field))),
  };
}

/** Quoted as JSON where YAML would read something else than the text. */
const scalar = (text: string): string =>
  /^[a-z][\w-]*$/i.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(unquoted);

/** A value that does not fit in a line stands in it as JSON, so that a document comes back as it was. */
const quoted = (value: string): string => (/^"|[\n\r]|^\s|\s$/.test(value) ? JSON.stringify(value) : value);
function unquoted(line: string): string {
  if (!line.startsWith('"')) return line;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : line;
  } catch {
    return line;
  }
}

const listOf = (field: string, text: string): string[] => {
  const all = lines(text);
  return all.length === 0 ? [] : [`  ${field}:`, ...all.map((one) => `    - ${JSON.stringify(one)}`)];
};

export function monitorDocument(form: MonitorForm): string {
  const muted = form.muted_until.trim();
  return [
    'apiVersion: pegbar/v1',
    'kind: DriftMonitor',
    'metadata:',
    `  name: ${scalar(form.name || 'name')}`,
    ...(form.tenant === '' ? [] : [`  tenant: ${scalar(form.tenant)}`]),
    'spec:',
    `  metric: ${scalar(form.metric)}`,
    ...(form.segments.length === 0 ? [] : [`  segments: [${form.segments.map(scalar).join(', ')}]`]),
    ...listOf('filter', form.filter),
    ...(form.baseline === '28d' ? [] : [`  baseline: ${scalar(form.baseline)}`]),
    ...NUMBERS.flatMap((name) => {
      const text = form[name].trim();
      if (text === '') return [];
      return [`  ${name}: ${Number.isFinite(Number(text)) ? text : JSON.stringify(text)}`];
    }),
    ...listOf('exclude', form.exclude),
    ...(muted === '' ? [] : [`  muted_until: ${JSON.stringify(muted)}`]),
    ...(form.enabled ? [] : ['  enabled: false']),
    ...Object.entries(form.others).map(([field, value]) => `  ${field}: ${JSON.stringify(value)}`),
    '',
  ].join('\n');
}
