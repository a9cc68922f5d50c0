/** Examples kept of each reason: enough to see the pattern, few enough to read. */
const EXAMPLES_MOST = 3;
/** Reasons kept apart; what comes after is counted together. */
const REASONS_MOST = 50;
const OTHER = 'other';
const MESSAGE_MOST_CHARACTERS = 300;

export interface Example {
  line: number;
  message: string;
}

/** Why lines were not taken, by code and field. */
export interface Reason {
  code: string;
  field: string;
  count: number;
  examples: Example[];
}

/** What became of the lines of one file; read = accepted + duplicates + rejected. */
export interface Tally {
  read: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  reasons: Reason[];
}

export const emptyTally = (): Tally => ({ read: 0, accepted: 0, duplicates: 0, rejected: 0, reasons: [] });

export function reject(
  tally: Tally,
  line: number,
  code: string,
  field: string,
  message: string,
  lines = 1,
): void {
  tally.rejected += lines;
  const reason = reasonOf(tally, code, field);
  reason.count += lines;
  if (reason.examples.length < EXAMPLES_MOST) {
    reason.examples.push({ line, message: message.slice(0, MESSAGE_MOST_CHARACTERS) });
  }
}

function reasonOf(tally: Tally, code: string, field: string): Reason {
  const kept = tally.reasons.find((one) => one.code === code && one.field === field);
  if (kept) return kept;
  const full = tally.reasons.length >= REASONS_MOST;
  const other = full ? tally.reasons.find((one) => one.code === OTHER) : undefined;
  if (other) return other;
  const made: Reason = full
    ? { code: OTHER, field: '', count: 0, examples: [] }
    : { code, field, count: 0, examples: [] };
  tally.reasons.push(made);
  return made;
}
