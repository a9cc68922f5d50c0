/**
 * The context bar in the address: range, compare, segment, live. It is the same on every page and goes along with every
 * link; what a page leaves at its own default is not written.
 */
import { type Compare, readCompare } from './compare.ts';
import { type Range, windowOf } from './range.ts';

/** `field=value`, as the API takes it: `region=ap-tokyo`, `latency_ms>5000`, `model_version in v6,v7`. */
export type Filter = string;

export interface Context {
  readonly range: Range;
  readonly compare: Compare;
  readonly filters: readonly Filter[];
  readonly live: boolean;
  /** The zone of every time shown. */
  readonly zone: 'utc' | 'local';
  /** Only rows of this tenant, for those who may see several. */
  readonly tenant: string | null;
}

export type ContextDefaults = Pick<Context, 'range' | 'compare'>;
const NAMES = ['from', 'to', 'compare', 'filter', 'live', 'zone', 'tenant'] as const;
/** More than anybody can read, and a short address still. */
const FILTERS_MOST = 20;

export function readContext(search: URLSearchParams, defaults: ContextDefaults, now_ms: number): Context {
  const range = {
    from: search.get('from') ?? defaults.range.from,
    to: search.get('to') ?? defaults.range.to,
  };
  return {
    range: windowOf(range, now_ms) ? range : defaults.range,
    compare: readCompare(search.get('compare')) ?? defaults.compare,
    filters: search.getAll('filter').slice(0, FILTERS_MOST),
    live: search.get('live') === 'on',
    zone: search.get('zone') === 'local' ? 'local' : 'utc',
    tenant: search.get('tenant'),
  };
}

/** The parameters with some of the context changed; what equals the page's default goes. */
export function writeContext(
  search: URLSearchParams,
  change: Partial<Context>,
  defaults: ContextDefaults,
): URLSearchParams {
  const out = new URLSearchParams(search);
  const put = (name: string, value: string | null): void => {
    if (value === null) out.delete(name);
    else out.set(name, value);
  };
  if (change.range) {
    const usual = change.range.from === defaults.range.from && change.range.to === defaults.range.to;
    put('from', usual ? null : change.range.from);
    put('to', usual || change.range.to === 'now' ? null : change.range.to);
  }
  if (change.compare !== undefined)
    put('compare', change.compare === defaults.compare ? null : change.compare);
  if (change.filters) {
    out.delete('filter');
    for (const filter of change.filters.slice(0, FILTERS_MOST)) out.append('filter', filter);
  }
  if (change.live !== undefined) put('live', change.live ? 'on' : null);
  if (change.zone !== undefined) put('zone', change.zone === 'local' ? 'local' : null);
  if (change.tenant !== undefined) put('tenant', change.tenant);
  return out;
}

/** Only the context of an address: what a link to another page takes along. */
export function contextOnly(search: URLSearchParams): URLSearchParams {
  const out = new URLSearchParams();
  for (const name of NAMES) for (const value of search.getAll(name)) out.append(name, value);
  return out;
}

/** `a=1&b=x y` with what is readable left readable. */
export function searchText(search: URLSearchParams): string {
  const text = search.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

/** `region=ap-tokyo` in its parts, for chips; null where it is no such condition. */
export function filterParts(filter: Filter): { field: string; op: string; value: string } | null {
  const parts = /^\s*([\w.]+)\s*(!=|>=|<=|=|>|<|~|\s+in\s+)\s*(.*)$/i.exec(filter);
  return parts ? { field: parts[1]!, op: parts[2]!.trim(), value: parts[3]! } : null;
}
