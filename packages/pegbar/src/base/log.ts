import { pino } from 'pino';

type Fields = Record<string, unknown>;

/** Structured log. Fields first, message second; a field named like a secret is never written. */
export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on stderr, so that stdout stays free for the one document of `--json`. */
export function createLog(level: LogLevel): Log {
  return pino(
    { level, base: { service: 'pegbar' }, redact: ['key', 'password', 'secret', 'authorization', 'token'] },
    pino.destination(2),
  );
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
