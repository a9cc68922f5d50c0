/** Words for errors → codes of the taxonomy, remembered by their bytes. */
import { errorCodeOf, type StageErrorCode } from '@pegbar/contract';
import { Dictionary } from '../../../native/index.ts';
import { MAX_KNOWN_KEYS, MAX_NAME_BYTES } from './limits.ts';
import type { Wire } from './wire.ts';

export class ErrorWords {
  private readonly words = new Dictionary();
  private codes: StageErrorCode[] = ['internal'];

  /** The code for a class name, a status or a message; only the head of a long message is looked at. */
  codeOf(wire: Wire, start: number, length: number): StageErrorCode {
    if (this.words.size > MAX_KNOWN_KEYS) {
      this.words.reset();
      this.codes = ['internal'];
    }
    const head = Math.min(length, MAX_NAME_BYTES);
    const id = this.words.idOfBytes(wire.bytes, wire.view, start, head);
    const known = this.codes[id];
    if (known !== undefined) return known;
    const code = errorCodeOf(this.words.text(id));
    this.codes[id] = code;
    return code;
  }
}
