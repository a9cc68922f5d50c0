/** Conditions as people read them, and as a hand changes them. */
import { type Filter, filterParts } from './context.ts';

/** `field=a` or `field in a,b`: the values that are chosen of a field. */
export function chosenOf(filters: readonly Filter[], field: string): readonly string[] {
  const found = filters.map(filterParts).find((one) => one?.field === field && isChoice(one.op));
  if (!found) return [];
  return found.op === '=' ? [found.value] : found.value.split(',').map((value) => value.trim());
}

const isChoice = (op: string): boolean => op === '=' || op.toLowerCase() === 'in';

/** With the value chosen where it was not, without it where it was. Values of one field are alternatives. */
export function toggled(filters: readonly Filter[], field: string, value: string): Filter[] {
  const chosen = chosenOf(filters, field);
  const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  const others = filters.filter((filter) => {
    const parts = filterParts(filter);
    return !(parts?.field === field && isChoice(parts.op));
  });
  // A comma within a value cannot stand in a list: it is then the only choice.
  if (next.length > 1 && next.some((one) => one.includes(',') || one === ''))
    return [...others, `${field}=${value}`];
  if (next.length === 0) return others;
  return [...others, next.length === 1 ? `${field}=${next[0]}` : `${field} in ${next.join(',')}`];
}

/** The filters with every condition on a field, of these operators, replaced by one; null takes it out. */
export function replaced(
  filters: readonly Filter[],
  field: string,
  ops: readonly string[],
  condition: Filter | null,
): Filter[] {
  const others = filters.filter((filter) => {
    const parts = filterParts(filter);
    return !(parts?.field === field && ops.includes(parts.op));
  });
  return condition === null ? others : [...others, condition];
}

const NAMES: Readonly<Record<string, string>> = {
  model_version: 'model',
  hardware_class: 'hardware',
  traffic_source: 'traffic',
  error_code: 'error',
  loras: 'LoRA',
  latency_ms: 'latency',
  queue_wait_ms: 'queue wait',
  duration_ms: 'duration',
  pipeline_stage: 'stage',
  checkpoint_hash: 'checkpoint',
  model_family: 'family',
  cfg: 'cfg',
  nsfw_flag: 'flagged',
  cost_usd: 'cost',
  gpu_seconds: 'GPU seconds',
};
/** Values that are written otherwise for machines. */
export function valueWords(field: string, value: string): string {
  if (value === '') return field === 'nsfw_flag' ? 'not told' : 'none';
  if (value === 'true' || value === 'false') return value === 'true' ? 'yes' : 'no';
  if (field === 'feedback' && value === 'reroll') return 're-roll';
  return field === 'outcome' || field === 'workload' ? value.replaceAll('_', ' ') : value;
}

/** `model_version` is a model to people. */
export const fieldWords = (field: string): string =>
  NAMES[field] ?? field.replace(/^attributes\./, '').replaceAll('_', ' ');
