/** A drift monitor as a form holds it, and as the document that declares it. */

/** Text as typed; empty: the default holds. */
export interface MonitorForm {
  readonly name: string;
  readonly tenant: string;
  readonly metric: string;
  readonly segments: readonly string[];
  readonly baseline: string;
  readonly window_hours: string;
  readonly least_effect: string;
  readonly alpha: string;
  readonly persistence: string;
  readonly minimum_n: string;
  readonly exclude: string;
  readonly enabled: boolean;
}

export const NEW_MONITOR: MonitorForm = {
  ...{ name: '', tenant: '', metric: 'prompt_tokens', segments: ['tenant'], baseline: '28d' },
  ...{ window_hours: '', least_effect: '', alpha: '', persistence: '', minimum_n: '', exclude: '' },
  enabled: true,
};

/** A declared monitor as the form shows it. */
export function formOf(resource: {
  readonly metadata: { readonly name: string; readonly tenant?: string };
  readonly spec: Readonly<Record<string, unknown>>;
}): MonitorForm {
  const { spec, metadata } = resource;
  const text = (name: string): string => (spec[name] === undefined ? '' : String(spec[name]));
  const list = (name: string): string[] => (Array.isArray(spec[name]) ? spec[name].map(String) : []);
  return {
    ...{ name: metadata.name, tenant: metadata.tenant ?? '', metric: text('metric') },
    ...{
      segments: list('segments'),
      baseline: text('baseline') || '28d',
      exclude: list('exclude').join('\n'),
    },
    ...{ window_hours: text('window_hours'), least_effect: text('least_effect'), alpha: text('alpha') },
    ...{ persistence: text('persistence'), minimum_n: text('minimum_n'), enabled: spec.enabled !== false },
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
    .filter((line) => line !== '');

export function monitorDocument(form: MonitorForm): string {
  const numbers = ['window_hours', 'least_effect', 'alpha', 'persistence', 'minimum_n'] as const;
  const excluded = lines(form.exclude);
  return [
    'apiVersion: pegbar/v1',
    'kind: DriftMonitor',
    'metadata:',
    `  name: ${scalar(form.name || 'name')}`,
    ...(form.tenant === '' ? [] : [`  tenant: ${scalar(form.tenant)}`]),
    'spec:',
    `  metric: ${scalar(form.metric)}`,
    ...(form.segments.length === 0 ? [] : [`  segments: [${form.segments.map(scalar).join(', ')}]`]),
    ...(form.baseline === '28d' ? [] : [`  baseline: ${scalar(form.baseline)}`]),
    ...numbers.flatMap((name) => {
      const text = form[name].trim();
      if (text === '') return [];
      return [`  ${name}: ${Number.isFinite(Number(text)) ? text : JSON.stringify(text)}`];
    }),
    ...(excluded.length === 0
      ? []
      : ['  exclude:', ...excluded.map((one) => `    - ${JSON.stringify(one)}`)]),
    ...(form.enabled ? [] : ['  enabled: false']),
    '',
  ].join('\n');
}
