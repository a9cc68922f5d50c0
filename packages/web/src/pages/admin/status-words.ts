/** How the server is, in a headline and a sentence. */
import type { Status } from '../../api/index.ts';
import { formatBytes, formatCount, formatDuration } from '../../format/index.ts';

/** A backlog older than this is told: the loader takes about a second. */
const LATE_MS = 10_000;
/** Less than this is free: the engine may soon not merge. */
const TIGHT_BYTES = 2e9;

const sumOf = (by: Readonly<Record<string, number>>): number => Object.values(by).reduce((a, b) => a + b, 0);

/** `oom 3, timeout 2`, most first. */
export const reasonsOf = (by: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(by).sort((a, b) => b[1] - a[1]);

export function statusWords(status: Status): { title: string; sentence: string } {
  const dropped = sumOf(status.dropped);
  const { state, restarts } = status.engine;
  const sentence = [
    `${formatCount(status.acked)} rows acknowledged, ${formatCount(status.backlog)} wait.`,
    `Up for ${formatDuration(status.uptime_s * 1000)}${restarts > 0 ? `, the engine was restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : ''}.`,
    `${formatBytes(status.disk.used)} used, ${formatBytes(status.disk.free)} free.`,
  ].join(' ');
  return { title: titleOf(status, state, dropped), sentence };
}

function titleOf(status: Status, state: string, dropped: number): string {
  if (state !== 'up') return `The engine is ${state}: what arrives waits in the spool`;
  if (status.dead_letters > 0)
    return status.dead_letters === 1
      ? 'One dead letter waits for a look'
      : `${formatCount(status.dead_letters)} dead letters wait for a look`;
  if (dropped > 0) {
    const [reason] = reasonsOf(status.dropped)[0]!;
    return `${formatCount(dropped)} rows were dropped, most for ${reason.replaceAll('_', ' ')}`;
  }
  if (status.disk.free < TIGHT_BYTES) return `Only ${formatBytes(status.disk.free)} are free`;
  if (status.backlog_age_ms > LATE_MS)
    return `${formatCount(status.backlog)} rows wait since ${formatDuration(status.backlog_age_ms)}`;
  return status.backlog === 0 ? 'Nothing is lost, nothing waits' : 'Nothing is lost';
}
