/** gRPC's length-prefixed framing for a call that carries one message: flag byte, big-endian length, bytes. */
import { Body, type Budget } from './body.ts';

const PREFIX_BYTES = 5;

export type Pushed = 'ok' | 'too_large' | 'in_flight' | 'framing';

export class MessageReader {
  readonly #budget: Budget;
  readonly #limit: number;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixed = 0;
  #expected = 0;
  #compressed = false;
  #body: Body | null = null;

  /** `limit`: most bytes of the message as sent. */
  constructor(budget: Budget, limit: number) {
    this.#budget = budget;
    this.#limit = limit;
  }

  /** Takes the next bytes of the stream, however they are cut. After anything but `ok` the reader is spent. */
  push(chunk: Buffer): Pushed {
    let at = 0;
    while (this.#prefixed < PREFIX_BYTES && at < chunk.length) this.#prefix[this.#prefixed++] = chunk[at++]!;
    if (this.#prefixed < PREFIX_BYTES) return 'ok';
    if (!this.#body) {
      const [flag, a, b, c, d] = this.#prefix as unknown as [number, number, number, number, number];
      if (flag > 1) return 'framing';
      this.#compressed = flag === 1;
      this.#expected = a * 0x1000000 + ((b << 16) | (c << 8) | d);
      if (this.#expected > this.#limit) return 'too_large';
      if (!this.#budget.fits(this.#expected)) return 'in_flight';
      this.#body = new Body(this.#budget, this.#limit, this.#expected);
    }
    if (at === chunk.length) return 'ok';
    const rest = chunk.subarray(at);
    // A second message, or bytes after the first: not a unary call.
    if (this.#body.length + rest.length > this.#expected) return 'framing';
    return this.#body.append(rest);
  }

  /** The whole message, null while bytes are missing. The caller takes over the body and frees it. */
  message(): { compressed: boolean; body: Body } | null {
    if (!this.#body || this.#body.length !== this.#expected) return null;
    return { compressed: this.#compressed, body: this.#body };
  }

  free(): void {
    this.#body?.free();
    this.#body = null;
  }
}
