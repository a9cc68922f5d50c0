/**
 * What a record says beyond its known fields. Nothing is lost: it is flattened to dotted keys with text values,
 * which is what the column `attributes Map(String, String)` holds.
 */
import { MAX_ATTRIBUTE_LENGTH, MAX_ATTRIBUTES, MAX_FLATTEN_DEPTH, MAX_FLATTEN_WIDTH } from './limits.ts';

export type AttributeMap = Record<string, string>;

/** JSON text of anything that JSON.parse returned; nesting beyond the stack becomes a mark instead of a throw. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '"nested too deeply"';
  }
}

export class Overflow {
  readonly map: AttributeMap = {};
  #size = 0;
  /** Why the map is not complete, if it is not: the record is then refused, never cut. */
  failure: { code: 'too_many_values' | 'too_large'; field: string; message: string } | undefined;

  /** Keeps `value` under `key`. Objects spread to `key.member`; lists, and objects too deep or too wide, are JSON text. */
  add(key: string, value: unknown, depth = 0): void {
    if (value === undefined || value === null || this.failure !== undefined) return;
    if (typeof value !== 'object') {
      this.#set(key, String(value));
      return;
    }
    if (!Array.isArray(value) && depth < MAX_FLATTEN_DEPTH) {
      const members = Object.keys(value);
      if (members.length > 0 && (key === '' || members.length <= MAX_FLATTEN_WIDTH)) {
        for (const member of members) {
          this.add(
            key === '' ? member : `${key}.${member}`,
            (value as Record<string, unknown>)[member],
            depth + 1,
          );
        }
        return;
      }
      if (members.length === 0) return;
    }
    this.#set(key === '' ? 'attributes' : key, jsonText(value));
  }

  #set(key: string, text: string): void {
    if (text.length > MAX_ATTRIBUTE_LENGTH) {
      const message = `text of ${text.length} characters; at most ${MAX_ATTRIBUTE_LENGTH} are taken`;
      this.failure = { code: 'too_large', field: key, message };
    } else if (++this.#size > MAX_ATTRIBUTES) {
      const message = `more than ${MAX_ATTRIBUTES} attributes; put large structures into one text value`;
      this.failure = { code: 'too_many_values', field: key, message };
    } else if (key === '__proto__') {
      // A plain assignment would set the prototype and lose the value.
      Object.defineProperty(this.map, key, {
        value: text,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else {
      this.map[key] = text;
    }
  }
}
