/**
 * One CMCD report: a dictionary of structured fields (RFC 8941, as CTA-5004 uses it), `e=t,ts=1700,sid="a",dfa=12,su`.
 * Lists in parentheses and tokens are kept as their text: what is read here are numbers and names.
 */
export type CmcdReport = ReadonlyMap<string, string | number | true>;

/** A report is some twenty short members. */
const MEMBERS_MOST = 100;

/** Undefined where it breaks the format. */
export function parseCmcd(line: string): CmcdReport | undefined {
  const report = new Map<string, string | number | true>();
  let at = 0;
  while (at < line.length) {
    const key = /^\s*([a-z*][a-zA-Z0-9_\-.*]*)/.exec(line.slice(at, at + 200));
    if (!key || report.size >= MEMBERS_MOST) return undefined;
    at += key[0].length;
    if (line[at] !== '=') report.set(key[1]!, true);
    else {
      const end = endOfValue(line, at + 1);
      if (end === undefined) return undefined;
      report.set(key[1]!, readValue(line.slice(at + 1, end)));
      at = end;
    }
    const comma = /^\s*(,|$)/.exec(line.slice(at));
    if (!comma) return undefined;
    at += comma[0].length;
  }
  return report.size > 0 ? report : undefined;
}

/** The comma after a value that is neither quoted nor in parentheses; undefined where either stays open. */
function endOfValue(line: string, from: number): number | undefined {
  let [quoted, depth] = [false, 0];
  for (let at = from; at < line.length; at++) {
    const letter = line[at];
    if (quoted) {
      if (letter === '\\') at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    else if (letter === ',' && depth === 0) return at;
  }
  return quoted || depth !== 0 ? undefined : line.length;
}

function readValue(text: string): string | number | true {
  const trimmed = text.trim();
  if (trimmed.startsWith('"')) return trimmed.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
  if (trimmed === '?1') return true;
  return /^-?\d{1,15}(\.\d{1,3})?$/.test(trimmed) ? Number(trimmed) : trimmed;
}
