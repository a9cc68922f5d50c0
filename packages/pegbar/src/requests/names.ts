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

/** Traces that are remembered, of each kind; those of some minutes in a busy studio, some ten megabytes. */
const REMEMBERED = 50_000;

/**
 * Which request a trace belongs to. Senders name the request on the root span alone, as a rule, and exporters send
 * the children first: what one span says holds for all of its trace. Names are remembered for the children that
 * come later; traces without a name for those that came earlier, whose request is then folded anew.
 */
export class TraceNames {
  private readonly names = new Map<string, string>();
  private readonly unnamed = new Set<string>();

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
    return this.names.size === 0 ? '' : (this.names.get(`${tenant}\n${trace_id}`) ?? '');
  }

  /** Remembers a trace that stands for its request, and lets go of the oldest that are remembered. */
  foldedAlone(tenant: string, trace_id: string): void {
    this.unnamed.add(`${tenant}\n${trace_id}`);
    trim(this.unnamed);
    trim(this.names);
  }
}

function trim(remembered: Set<string> | Map<string, string>): void {
  for (const key of remembered.keys()) {
    if (remembered.size <= REMEMBERED) return;
    remembered.delete(key);
  }
}
