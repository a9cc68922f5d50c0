import type { Columns } from './columns.ts';
import { traceOf } from './columns.ts';

/** A trace that was folded under its own id before a span told its request. */
export interface Renamed {
  tenant: string;
  request_id: string;
  trace_id: string;
}

/** Stands for the names of a trace of several requests: what is not named in it stays with the trace. */
const MANY = '';

/** Traces of a generation, of each kind: two of them are those of half a minute in a busy studio, some ten megabytes. */
const REMEMBERED = 50_000;

/**
 * Which request a trace belongs to. Senders name the request on the root span alone, as a rule, and exporters send
 * the children first: what one span says holds for all of its trace. Names are remembered for the children that
 * come later; traces without a name for those that came earlier, whose request is then folded anew.
 */
export class TraceNames {
  private readonly names = new Generations<string>();
  private readonly unnamed = new Generations<true>();

  /** Learns what the rows of a block say. Returns traces that were folded under their own id. */
  learn(columns: Columns, rows: number): Renamed[] {
    const requestId = columns.optional('request_id');
    const trace = columns.fixed('trace_id');
    if (!requestId || !trace) return [];
    const tenant = columns.text('tenant');
    const renamed: Renamed[] = [];
    for (let row = 0; row < rows; row++) {
      const request_id = requestId(row);
      if (request_id === '') continue;
      const trace_id = traceOf(trace, row);
      if (trace_id === '') continue;
      const key = `${tenant(row)}\n${trace_id}`;
      const known = this.names.get(key);
      if (known === request_id || known === MANY) continue;
      this.names.set(key, known === undefined ? request_id : MANY);
      if (known === undefined && this.unnamed.delete(key))
        renamed.push({ tenant: tenant(row), request_id, trace_id });
    }
    return renamed;
  }

  /** The request of a trace, '' where nobody has told. */
  of(tenant: string, trace_id: string): string {
    return this.names.isEmpty ? '' : (this.names.get(`${tenant}\n${trace_id}`) ?? '');
  }

  /** Remembers a trace that stands for its request. */
  foldedAlone(tenant: string, trace_id: string): void {
    this.unnamed.set(`${tenant}\n${trace_id}`, true);
  }
}

/**
 * What came last, by key: when a generation is full the one before it is forgotten as a whole. Entries that are taken out
 * one by one leave holes in a Map, over which every look at its oldest entry has to step.
 */
class Generations<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  get isEmpty(): boolean {
    return this.young.size === 0 && this.old.size === 0;
  }

  get(key: string): V | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: string, value: V): void {
    if (this.young.size >= REMEMBERED && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  delete(key: string): boolean {
    const young = this.young.delete(key);
    return this.old.delete(key) || young;
  }
}
