import { OUTCOMES } from '@pegbar/contract';

/**
 * The verdict of a request is one number that merges by taking the greater: rank (4 bits), time of the terminal
 * event (52 bits, ms since the epoch) and outcome (8 bits). A higher rank decides, among equals the later one.
 * So any order of arrival gives the same outcome, and a real terminal event revises what the sweeper wrote.
 */
export const RANK = {
  /** Written for a request that fell silent. */
  sweeper: 1,
  /** The end of the root span. */
  root_span: 2,
  /** The end of the deliver stage, or deliver_complete. */
  deliver: 3,
  /** An outcome that the sender stated. */
  explicit: 4,
} as const;

/** Codes as stored; 0 stands for pending and never reaches the store. Never renumber. */
const CODES: readonly string[] = [
  'pending',
  'succeeded',
  'failed',
  'timed_out',
  'blocked',
  'cancelled',
  'rejected',
];

for (const outcome of OUTCOMES)
  if (!CODES.includes(outcome)) throw new Error(`outcome ${outcome} has no code`);

export function verdictOf(rank: number, timeMs: number, outcome: string): bigint {
  const code = CODES.indexOf(outcome);
  if (code <= 0) return 0n;
  return (BigInt(rank) << 60n) | (BigInt(Math.max(0, Math.floor(timeMs))) << 8n) | BigInt(code);
}

/** SQL for the outcome, its time and its rank from a column `verdict`. */
export const OUTCOME_SQL = `arrayElement([${CODES.map((code) => `'${code}'`).join(', ')}], toUInt8(bitAnd(verdict, 255)) + 1)`;
export const SETTLED_MS_SQL = 'bitAnd(bitShiftRight(verdict, 8), 4503599627370495)';

/**
 * Of a row of `requests` before it is merged: whether it ended or was settled in [`from`, `to`), bound as epoch
 * milliseconds. Requests that count in the range have such a row.
 */
export const TOUCHES_RANGE_SQL = `(ended >= fromUnixTimestamp64Milli({from:Int64}) AND ended < fromUnixTimestamp64Milli({to:Int64})
  OR verdict != 0 AND ${SETTLED_MS_SQL} >= {from:Int64} AND ${SETTLED_MS_SQL} < {to:Int64})`;

/** The outcome that an error code means at the end of a request. */
export function outcomeOfError(errorCode: string): string {
  if (errorCode === '') return 'succeeded';
  if (errorCode === 'timeout') return 'timed_out';
  if (errorCode === 'safety_block') return 'blocked';
  if (errorCode === 'cancelled') return 'cancelled';
  return 'failed';
}
