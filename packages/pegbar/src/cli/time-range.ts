import { isCalendarDay } from '../base/calendar.ts';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseDuration } from '../config/index.ts';
import type { One } from './command.ts';

/** Options of every command that asks about a stretch of time. */
export const rangeOptions = (fallback: string) =>
  ({
    last: {
      kind: 'one',
      value: 'TIME',
      help: `from this long ago until now: 30m, 24h, 7d (${fallback})`,
      read: parseDuration,
    },
    from: {
      kind: 'one',
      value: 'WHEN',
      help: 'start: RFC 3339, a UTC day, or epoch milliseconds',
      read: readInstant,
    },
    to: { kind: 'one', value: 'WHEN', help: 'end, exclusive (now)', read: readInstant },
  }) as const satisfies Record<string, One<number>>;

export interface Range {
  from: string;
  to: string;
}

/** The stretch of time that was asked for, as RFC 3339. */
export function rangeOf(
  values: { last: number | undefined; from: number | undefined; to: number | undefined },
  clock: Clock,
  fallbackMs: number,
): Result<Range, string> {
  if (values.last !== undefined && (values.from !== undefined || values.to !== undefined)) {
    return fail('say either --last or --from and --to');
  }
  const to = values.to ?? clock.now();
  const from = values.from ?? to - (values.last ?? fallbackMs);
  if (from >= to) return fail('--from is not before --to');
  return ok({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
}

/** Milliseconds since the epoch of a time as people write it. A time without a zone is UTC. */
export function readInstant(text: string): Result<number, string> {
  if (/^\d{10,16}$/.test(text)) return ok(Number(text));
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text);
  const time = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`) : Number.NaN;
  return Number.isNaN(time) || !isCalendarDay(match?.[1] ?? '')
    ? fail('write 2026-03-01, 2026-03-01T12:00:00Z or epoch milliseconds')
    : ok(time);
}
