import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Environment } from '../config/index.ts';

/** What a command may write to; process.stdout fits, and so does a list of texts in a test. */
export interface Writer {
  write(chunk: string | Uint8Array): boolean;
  once?(event: 'drain', listener: () => void): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything outside that a command touches. */
export interface CliIo {
  stdout: Writer;
  stderr: Writer;
  stdin: AsyncIterable<Uint8Array>;
  env: Environment;
  fetch?: typeof fetch;
  clock?: Clock;
  /** Cryptographically random bytes; for ids of probes only. */
  random?: (bytes: number) => Uint8Array;
  /** Aborted when the user wants to stop (Ctrl-C): endless commands then end in order. */
  signal?: AbortSignal;
}

export interface Surroundings extends Required<Omit<CliIo, 'signal'>> {
  signal: AbortSignal | undefined;
}

export function completeIo(io: CliIo): Surroundings {
  return {
    ...io,
    fetch: io.fetch ?? globalThis.fetch,
    clock: io.clock ?? systemClock,
    random: io.random ?? randomBytes,
    signal: io.signal,
  };
}

/** Writes and waits while the reader is slower than we are, so that a large answer does not pile up in memory. */
export async function writeAll(writer: Writer, chunk: string | Uint8Array): Promise<void> {
  if (writer.write(chunk) || !writer.once) return;
  await new Promise<void>((resolve) => writer.once?.('drain', resolve));
}
