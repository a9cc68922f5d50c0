/** Frames where they are made, counted per second: the side `produced` of docs/fps.md. */
import { currentClient } from './init.ts';
import type { Common, Joins } from './records.ts';
import { currentIds, type Ids } from './request.ts';
import { type Runtime, systemRuntime } from './runtime.ts';

export interface FramesOptions extends Omit<Common, 'timestamp' | 'event_id'>, Joins {
  sequence_id: string;
  declared_fps?: number;
  /** Longest run of equal frames that is meant: 1 where every frame is new, 2 and 3 on twos and threes. */
  hold?: number;
  /** For tests. */
  runtime?: Runtime;
}

export interface FrameCounter {
  /** A frame was made. `picture` says what it shows: the same as before is held up to `hold`, then duplicated. */
  frame(picture?: string | number): void;
  /** A frame that should have been made was not. */
  dropped(count?: number): void;
  /** Sends what is left of the last second. */
  end(): void;
}

const WINDOW_MS = 1_000;
/** On threes at most, as animation is drawn. */
const HOLD = 3;

/** Counts frames as they are made and sends one `frames` record per second in which there were any. */
export function countFrames(options: FramesOptions): FrameCounter {
  const { runtime = systemRuntime, hold = HOLD, ...told } = options;
  const ids: Ids = currentIds();
  let from = runtime.monotonic();
  let last: number | undefined;
  let [frames, held, duplicated, missing, run] = [0, 0, 0, 0, 0];
  let showing: string | number | undefined;
  let intervals: number[] = [];

  function close(until: number): void {
    if (frames + missing > 0)
      currentClient()?.send('frames', {
        ...ids,
        ...told,
        timestamp: runtime.now() - (runtime.monotonic() - until),
        side: 'produced',
        window_s: (until - from) / 1000,
        frames,
        held,
        duplicated,
        dropped: missing,
        ...(intervals.length > 0 ? { interval_ms: figuresOf(intervals) } : {}),
      });
    [from, frames, held, duplicated, missing, intervals] = [until, 0, 0, 0, 0, []];
  }

  /** Closes the windows that are over; those without a frame are skipped, for nobody knows why there was none. */
  function advance(now: number): void {
    if (now - from < WINDOW_MS) return;
    close(from + WINDOW_MS);
    from += Math.floor((now - from) / WINDOW_MS) * WINDOW_MS;
  }

  return {
    frame(picture) {
      const now = runtime.monotonic();
      advance(now);
      if (last !== undefined) intervals.push(now - last);
      last = now;
      frames++;
      run = picture !== undefined && picture === showing ? run + 1 : 1;
      showing = picture;
      if (run > hold) duplicated++;
      else if (run > 1) held++;
    },
    dropped(count = 1) {
      advance(runtime.monotonic());
      missing += count;
    },
    end() {
      const now = runtime.monotonic();
      advance(now);
      if (now > from) close(now);
    },
  };
}

/** Nearest rank, as docs/fps.md has it. */
function figuresOf(intervals: readonly number[]): { p50: number; p95: number; p99: number; max: number } {
  const sorted = [...intervals].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
