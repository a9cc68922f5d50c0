import type { Result } from '../base/result.ts';

/** What the server says to a batch of lines: `line` counts from 1 within the batch. */
export interface Verdict {
  accepted: number;
  duplicates: number;
  rejected: readonly { line: number; code: string; field: string; message: string }[];
}

export interface SinkFailure {
  /** The body was over the server's limit: smaller batches may pass. */
  tooLarge: boolean;
  message: string;
  hint?: string;
  /** Exit status for it. */
  exit: number;
}

/** One number at one time, of a metric that has no record of its own. */
export interface MetricPoint {
  /** Identity of the row it comes from, 16 hexadecimal digits and an occurrence where rows repeat. */
  id: string;
  name: string;
  unit: string;
  timestamp_ms: number;
  value: number;
  attributes: Readonly<Record<string, string>>;
}

/** Where an import goes. Implemented over HTTP by the CLI, by lists in tests. */
export interface Sink {
  /** Lines of NDJSON. The server checks their ids against its window and against the store. */
  events(ndjson: Uint8Array): Promise<Result<Verdict, SinkFailure>>;
  /** Points; those that the store has already are not sent again and count as duplicates. */
  points(points: readonly MetricPoint[]): Promise<Result<Verdict, SinkFailure>>;
}
