/** JSON with its large numbers kept: seeds have 64 bits, JavaScript's numbers 53. */

const LARGE = /"(?:[^"\\]|\\.)*"|(-?\d{16,}(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
/** A private-use character marks a string that stands for a number. */
const MARK = '\ue000number:';
const MARKED = /"\ue000number:(-?[\d.eE+-]+)"/g;

/** Parses; numbers of 16 digits or more become marked strings. Undefined where it is not JSON of an object or array. */
export function parseExact(text: string): unknown {
  try {
    return JSON.parse(
      text.replace(LARGE, (whole, number?: string) => (number ? `"${MARK}${number}"` : whole)),
    );
  } catch {
    return undefined;
  }
}

export function isLargeNumber(value: string): boolean {
  return value.startsWith(MARK);
}

export function writeExact(value: unknown): string {
  return JSON.stringify(value).replace(MARKED, '$1');
}
