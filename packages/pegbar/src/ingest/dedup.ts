/**
 * Which ids were seen already.
 *
 * One window per (tenant, signal) holds 64-bit fingerprints of the ids of the last 24 h, at least the newest
 * 10⁷ of them. A window is a list of hash tables, oldest first; ids are added to the newest, and when it is
 * full a larger one is begun, up to GENERATION ids each. When the younger tables alone hold WINDOW_IDS, the
 * oldest is let go. A lookup probes each table: with 2²¹ ids per table these are at most six cache misses.
 *
 * Two different ids share a fingerprint with probability 2⁻⁶⁴: with 10⁷ ids in a window, one false duplicate in
 * 10¹² spans. Fingerprints are compared within a window only, so no tenant can make another lose a row.
 *
 * `begin`/`undo` bracket a request: what an undecodable request, or a commit that failed, had added is taken
 * out again, because a retry of it must not count as seen. Durability is the spool's: the ids of a commit are
 * written with its rows and come back through `restore` at start.
 */
const WINDOW_IDS = 10_000_000;
const GENERATION = 1 << 21;
const FIRST_GENERATION = 1 << 12;

/** Open addressing over 64-bit fingerprints as two words; (0,0) is empty, (1,0) a grave. */
class Generation {
  /** Ids that it holds. */
  count = 0;
  /** Slots that are not empty: ids and graves. A table that is full of either must not be probed further. */
  used = 0;
  /** When it got its newest id, or later; not known before it is full and `expire` was called. Monotonic ms. */
  newestMs = Number.POSITIVE_INFINITY;
  readonly limit: number;
  private readonly words: Int32Array;
  private readonly mask: number;

  constructor(limit: number) {
    this.limit = limit;
    this.words = new Int32Array(limit * 4);
    this.mask = limit * 2 - 1;
  }

  has(lo: number, hi: number): boolean {
    const words = this.words;
    let slot = lo & this.mask;
    for (;;) {
      const at = slot * 2;
      const a = words[at]!;
      const b = words[at + 1]!;
      if (a === lo && b === hi) return true;
      if (a === 0 && b === 0) return false;
      slot = (slot + 1) & this.mask;
    }
  }

  /** Adds an id that no table holds, into the first slot that is empty or a grave. */
  add(lo: number, hi: number): void {
    const words = this.words;
    let slot = lo & this.mask;
    for (;;) {
      const a = words[slot * 2]!;
      const empty = a === 0 && words[slot * 2 + 1] === 0;
      if (empty) this.used++;
      if (empty || (a === 1 && words[slot * 2 + 1] === 0)) break;
      slot = (slot + 1) & this.mask;
    }
    words[slot * 2] = lo;
    words[slot * 2 + 1] = hi;
    this.count++;
  }

  remove(lo: number, hi: number): boolean {
    const words = this.words;
    let slot = lo & this.mask;
    for (;;) {
      const at = slot * 2;
      if (words[at] === lo && words[at + 1] === hi) {
        words[at] = 1;
        words[at + 1] = 0;
        this.count--;
        return true;
      }
      if (words[at] === 0 && words[at + 1] === 0) return false;
      slot = (slot + 1) & this.mask;
    }
  }

  copyInto(other: Generation): void {
    const words = this.words;
    for (let at = 0; at < words.length; at += 2) {
      const lo = words[at]!;
      const hi = words[at + 1]!;
      if ((lo === 0 || lo === 1) && hi === 0) continue;
      other.add(lo, hi);
    }
  }
}

/** Below this size a table that is full is copied into its successor, so that few tables are probed. */
const COPIED_BELOW = 1 << 16;

export class DedupWindow {
  readonly name: string;
  private generations = [new Generation(FIRST_GENERATION)];
  /** Ids added since the group began, as pairs of words: they are journaled with the commit. */
  private pending: number[] = [];
  private marked = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** True when the id is new; it is then known. (0,0) and (1,0) stand for other marks and are moved aside. */
  add(low: number, high: number): boolean {
    const lo = low | 0;
    const hi = high === 0 && (lo === 0 || lo === 1) ? 1 : high | 0;
    for (let at = this.generations.length - 1; at >= 0; at--)
      if (this.generations[at]!.has(lo, hi)) return false;
    this.insert(lo, hi);
    this.pending.push(lo, hi);
    return true;
  }

  begin(): void {
    this.marked = this.pending.length;
  }

  /** Forgets what was added since `begin`. */
  undo(): void {
    this.forget(this.pending.splice(this.marked));
  }

  /** The ids added since the last call, 8 bytes each, to be journaled; undefined where there are none. */
  take(): Uint8Array | undefined {
    if (this.pending.length === 0) return undefined;
    const words = Int32Array.from(this.pending);
    this.pending = [];
    this.marked = 0;
    return new Uint8Array(words.buffer);
  }

  /** Forgets ids that `take` gave, because their commit failed. */
  forgetTaken(bytes: Uint8Array): void {
    this.forget(Array.from(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)));
  }

  /** Adds journaled ids again, the oldest first; `timeMs`: when they were new, on the monotonic clock. */
  restore(ids: Buffer, timeMs: number): void {
    for (let at = 0; at + 8 <= ids.length; at += 8) {
      const lo = ids.readInt32LE(at);
      const hi = ids.readInt32LE(at + 4);
      if (!this.generations.some((one) => one.has(lo, hi))) this.insert(lo, hi);
    }
    this.stamp(timeMs);
  }

  /** Lets go of whole tables whose newest id is older than `keptMs`; never of the one that is being filled. */
  expire(nowMs: number, keptMs: number): void {
    this.stamp(nowMs);
    while (this.generations.length > 1 && this.generations[0]!.newestMs < nowMs - keptMs)
      this.generations.shift();
  }

  /** Tables that became full since the last stamp got their newest id by now. */
  private stamp(nowMs: number): void {
    for (let at = 0; at < this.generations.length - 1; at++)
      this.generations[at]!.newestMs = Math.min(this.generations[at]!.newestMs, nowMs);
  }

  get size(): number {
    return this.generations.reduce((sum, one) => sum + one.count, 0);
  }

  private insert(lo: number, hi: number): void {
    let newest = this.generations.at(-1)!;
    if (newest.used >= newest.limit) newest = this.grow(newest);
    newest.add(lo, hi);
  }

  private grow(full: Generation): Generation {
    // Mostly graves: what was undone must not push out what is known.
    if (full.count * 2 <= full.limit) return this.rebuild(full);
    const next = new Generation(Math.min(GENERATION, full.limit * 4));
    if (full.limit <= COPIED_BELOW) {
      full.copyInto(next);
      this.generations.pop();
    }
    this.generations.push(next);
    const younger = this.generations.slice(1).reduce((sum, one) => sum + one.count, 0);
    if (younger >= WINDOW_IDS) this.generations.shift();
    return next;
  }

  /** The newest table without its graves. */
  private rebuild(full: Generation): Generation {
    const next = new Generation(full.limit);
    full.copyInto(next);
    this.generations[this.generations.length - 1] = next;
    return next;
  }

  private forget(words: number[]): void {
    for (let at = 0; at < words.length; at += 2)
      for (const generation of this.generations) if (generation.remove(words[at]!, words[at + 1]!)) break;
  }
}

/** All windows of a node. Tenants × signals are bounded by the tenants that keys allow. */
export class Dedup {
  private readonly windows = new Map<string, DedupWindow>();
  /** Windows that were used since `begin`. */
  private readonly touched = new Set<DedupWindow>();

  /** Begins a request: what it adds can be undone. */
  begin(): void {
    this.touched.clear();
  }

  /** Forgets what was added since `begin`, in every window. */
  undo(): void {
    for (const window of this.touched) window.undo();
  }

  window(tenant: string, signal: string): DedupWindow {
    const name = `${signal}/${tenant}`;
    const window = this.windows.get(name) ?? new DedupWindow(name);
    this.windows.set(name, window);
    if (!this.touched.has(window)) {
      this.touched.add(window);
      window.begin();
    }
    return window;
  }

  restore(name: string, ids: Buffer, timeMs: number): void {
    const slash = name.indexOf('/');
    this.window(name.slice(slash + 1), name.slice(0, slash)).restore(ids, timeMs);
  }

  /** Lets go of what is older than `keptMs`; `nowMs` is of the monotonic clock, so a wall clock that jumps does no harm. */
  expire(nowMs: number, keptMs: number): void {
    for (const window of this.windows.values()) window.expire(nowMs, keptMs);
  }

  all(): Iterable<DedupWindow> {
    return this.windows.values();
  }
}
