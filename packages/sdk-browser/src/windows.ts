/**
 * Frames as they were seen, cut into seconds of playing. What each figure means stands in docs/fps.md.
 *
 * Time passes only while the clip plays and can be seen: `run` starts and stops it. Times are those of the page's
 * clock, in milliseconds.
 */

/** One second of playing; the last of a clip may be up to half a second longer or shorter. */
export interface FrameWindow {
  /** When it ended. */
  at: number;
  playing_s: number;
  frames: number;
  dropped: number;
  stalls: number;
  /** Undefined where nobody looked at what the frames show. */
  held?: number;
  duplicated?: number;
  interval_ms?: { p50: number; p95: number; p99: number; max: number };
}

export interface WindowOptions {
  declared_fps?: number | undefined;
  /** Longest run of equal frames that is meant. */
  hold: number;
  emit(window: FrameWindow): void;
}

const SECOND = 1_000;
/** A rest shorter than this says nothing as a rate of its own and goes with the second before. */
const REST = 500;
/** The pace that a stall is held against is the mean of this many intervals (webrtc-stats, `freezeCount`). */
const PACE = 30;

interface Open {
  at: number;
  ms: number;
  frames: number;
  dropped: number;
  stalls: number;
  held: number;
  duplicated: number;
  looked: boolean;
  intervals: number[];
}

const fresh = (): Open => ({
  at: 0,
  ms: 0,
  frames: 0,
  dropped: 0,
  stalls: 0,
  held: 0,
  duplicated: 0,
  looked: false,
  intervals: [],
});

export class Windows {
  readonly #options: WindowOptions;
  #open = fresh();
  /** The second before, which waits for a short rest. */
  #done: Open | undefined;
  #running = false;
  /** Until here time was told. */
  #cursor = 0;
  #last: number | undefined;
  #pace: number[] = [];
  #stalled = false;
  #run = 0;
  #showing: unknown;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#running;
  }

  /** The clip begins or ceases to play in sight. */
  run(running: boolean, at: number): void {
    if (running === this.#running) return;
    if (running) this.#cursor = at;
    else this.pass(at);
    this.#running = running;
    // What lies between two frames around a pause is no interval.
    this.#last = undefined;
    this.#stalled = false;
  }

  /** Time passed without a frame. */
  pass(to: number): void {
    if (!this.#running) return;
    const threshold = this.#stallAfter();
    if (!this.#stalled && this.#last !== undefined && to - this.#last >= threshold) {
      this.#advance(this.#last + threshold);
      this.#stalled = true;
      this.#open.stalls++;
    }
    this.#advance(to);
  }

  /** A frame was shown. `picture` says what it shows, where somebody looked. */
  frame(at: number, picture?: unknown): void {
    if (!this.#running) return;
    this.pass(at);
    const open = this.#open;
    open.frames++;
    if (this.#last !== undefined) {
      const interval = at - this.#last;
      open.intervals.push(interval);
      this.#pace.push(interval);
      if (this.#pace.length > PACE) this.#pace.shift();
    }
    this.#last = at;
    this.#stalled = false;
    if (picture === undefined) return;
    open.looked = true;
    this.#run = picture === this.#showing ? this.#run + 1 : 1;
    this.#showing = picture;
    if (this.#run > this.#options.hold) open.duplicated++;
    else if (this.#run > 1) open.held++;
  }

  /** Frames of the clip that were never shown. */
  drop(count: number): void {
    if (this.#running && count > 0) this.#open.dropped += count;
  }

  /** Tells all there is, also what is no whole second. */
  end(at: number): void {
    this.pass(at);
    const rest = this.#open;
    if (rest.ms > 0 || rest.frames > 0 || rest.dropped > 0) {
      rest.at = this.#cursor;
      if (this.#done && rest.ms < REST) this.#done = merge(this.#done, rest);
      else {
        this.#emit();
        this.#done = rest;
      }
    }
    this.#open = fresh();
    this.#emit();
  }

  #advance(to: number): void {
    while (to - this.#cursor >= SECOND - this.#open.ms) {
      this.#cursor += SECOND - this.#open.ms;
      this.#emit();
      this.#done = { ...this.#open, ms: SECOND, at: this.#cursor };
      this.#open = fresh();
    }
    if (to <= this.#cursor) return;
    this.#open.ms += to - this.#cursor;
    this.#cursor = to;
  }

  #stallAfter(): number {
    const { declared_fps } = this.#options;
    const pace = this.#pace.length
      ? this.#pace.reduce((sum, each) => sum + each, 0) / this.#pace.length
      : declared_fps
        ? SECOND / declared_fps
        : SECOND;
    return Math.max(3 * pace, pace + 150);
  }

  #emit(): void {
    const done = this.#done;
    this.#done = undefined;
    if (!done) return;
    const { at, ms, frames, dropped, stalls, held, duplicated, looked, intervals } = done;
    const sorted = intervals.sort((a, b) => a - b);
    const rank = (q: number): number => sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)]!;
    this.#options.emit({
      at,
      playing_s: ms / SECOND,
      frames,
      dropped,
      stalls,
      ...(looked ? { held, duplicated } : {}),
      ...(sorted.length
        ? { interval_ms: { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) } }
        : {}),
    });
  }
}

function merge(a: Open, b: Open): Open {
  return {
    at: b.at,
    ms: a.ms + b.ms,
    frames: a.frames + b.frames,
    dropped: a.dropped + b.dropped,
    stalls: a.stalls + b.stalls,
    held: a.held + b.held,
    duplicated: a.duplicated + b.duplicated,
    looked: a.looked || b.looked,
    intervals: [...a.intervals, ...b.intervals],
  };
}
