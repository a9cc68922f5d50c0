/** Bodies while they arrive: memory that is really held is counted, and one number bounds it for all requests. */
import { FIRST_CHUNK_BYTES, POOL_BYTES, UNDECLARED_CHUNK_BYTES } from './limits.ts';

/** The in-flight bytes of one server. */
export class Budget {
  #used = 0;
  readonly #spare: Buffer[] = [];
  #spareBytes = 0;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  fits(bytes: number): boolean {
    return this.#used + bytes <= this.limit;
  }

  reserve(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }

  /** A buffer of at least `capacity` bytes: one that was given back, if it is not more than twice as large. */
  take(capacity: number): Buffer {
    const at = this.#spare.findIndex((one) => one.length >= capacity && one.length <= capacity * 2);
    if (at < 0) return Buffer.allocUnsafeSlow(capacity);
    const [buffer] = this.#spare.splice(at, 1);
    this.#spareBytes -= buffer!.length;
    return buffer!;
  }

  /** Nobody may read the buffer any more. */
  give(buffer: Buffer): void {
    if (this.#spareBytes + buffer.length > POOL_BYTES) return;
    this.#spare.push(buffer);
    this.#spareBytes += buffer.length;
  }
}

export type Appended = 'ok' | 'too_large' | 'in_flight';

/**
 * Collects one body. A body that comes in one piece is kept as it came; otherwise the buffer starts at the
 * declared length, at most `FIRST_CHUNK_BYTES`, and doubles, so that a declared length costs nothing by itself.
 */
export class Body {
  readonly #budget: Budget;
  readonly #limit: number;
  readonly #expected: number;
  #buffer: Buffer | null = null;
  /** Whether the buffer is ours, and not a piece as it came. */
  #own = false;
  #length = 0;
  #reserved = 0;
  /** What is reserved for the buffer alone. */
  #held = 0;

  /** `expected`: the declared length in bytes, or -1 when unknown. */
  constructor(budget: Budget, limit: number, expected: number) {
    this.#budget = budget;
    this.#limit = limit;
    this.#expected = expected;
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer): Appended {
    const length = this.#length + chunk.length;
    if (length > this.#limit) return 'too_large';
    if (!this.#buffer && chunk.length === this.#expected) {
      if (!this.hold(chunk.length)) return 'in_flight';
      this.#buffer = chunk;
      this.#length = length;
      return 'ok';
    }
    if (!this.#buffer || length > this.#buffer.length) {
      const first = this.#expected < 0 ? UNDECLARED_CHUNK_BYTES : FIRST_CHUNK_BYTES;
      const doubled = Math.max(length, first, this.#length * 2);
      const capacity = Math.min(this.#expected >= length ? this.#expected : this.#limit, doubled);
      if (!this.hold(capacity)) return 'in_flight';
      const grown = this.#budget.take(capacity);
      if (this.#buffer) {
        this.#buffer.copy(grown, 0, 0, this.#length);
        this.#release(this.#held);
        if (this.#own) this.#budget.give(this.#buffer);
      }
      this.#buffer = grown;
      this.#own = true;
      this.#held = capacity;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
    return 'ok';
  }

  /** Reserves further bytes for as long as this body lives: its inflated form. */
  hold(bytes: number): boolean {
    if (!this.#budget.reserve(bytes)) return false;
    this.#reserved += bytes;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer ? this.#buffer.subarray(0, this.#length) : Buffer.alloc(0);
  }

  /** Drops the bytes and gives back all that is reserved. May be called more than once. */
  free(): void {
    if (this.#buffer && this.#own) this.#budget.give(this.#buffer);
    this.#buffer = null;
    this.#release(this.#reserved);
  }

  #release(bytes: number): void {
    this.#budget.release(bytes);
    this.#reserved -= bytes;
  }
}
