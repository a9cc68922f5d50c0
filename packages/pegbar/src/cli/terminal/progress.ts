import type { Clock } from '../../base/clock.ts';
import type { Writer } from '../io.ts';
import { count, duration } from './units.ts';

/** Redrawing more often than this only costs; a log file wants a line now and then, not a film. */
const TERMINAL_EVERY_MS = 200;
const FILE_EVERY_MS = 5_000;
const BAR_CELLS = 24;

export interface Progress {
  /** `share` done from 0 to 1, or undefined where the end is not known; `done` in `unit`s. */
  update(done: number, share: number | undefined): void;
  /** Takes the bar away, so that prose can follow. */
  clear(): void;
}

/** A bar with rate and remaining time on a terminal; one line per 5 s elsewhere. */
export function createProgress(stderr: Writer, clock: Clock, label: string, unit: string): Progress {
  const started = clock.monotonic();
  let firstDone: number | undefined;
  let firstShare = 0;
  let drawn = started;
  let shown = false;

  function text(done: number, share: number | undefined): string {
    const elapsed = (clock.monotonic() - started) / 1_000;
    const rate = elapsed > 0 ? (done - (firstDone ?? 0)) / elapsed : 0;
    const parts = [label, `${count(done)} ${unit}`, `${count(rate)}/s`];
    if (share === undefined) return parts.join('  ');
    const gained = share - firstShare;
    const left = gained > 0 ? `${duration(((elapsed * (1 - share)) / gained) * 1_000)} left` : '';
    const full = Math.round(share * BAR_CELLS);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${Math.floor(share * 100)} %`;
    return [label, bar, ...parts.slice(1), left].join('  ').trimEnd();
  }

  return {
    update(done, share) {
      if (firstDone === undefined) {
        firstDone = done;
        firstShare = share ?? 0;
      }
      const now = clock.monotonic();
      if (now - drawn < (stderr.isTTY ? TERMINAL_EVERY_MS : FILE_EVERY_MS)) return;
      drawn = now;
      shown = true;
      stderr.write(stderr.isTTY ? `\r\u001b[2K${text(done, share)}` : `${text(done, share)}\n`);
    },
    clear() {
      if (shown && stderr.isTTY) stderr.write('\r\u001b[2K');
      shown = false;
    },
  };
}
