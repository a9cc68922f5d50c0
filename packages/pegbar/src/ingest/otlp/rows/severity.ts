/** OTLP's severity numbers (1 to 24, four to a name) and the names that loggers use for them. */
const NAMES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

const NUMBERS: Record<string, number> = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  INFORMATION: 9,
  NOTICE: 10,
  WARN: 13,
  WARNING: 13,
  ERROR: 17,
  ERR: 17,
  CRITICAL: 18,
  ALERT: 19,
  FATAL: 21,
  EMERGENCY: 21,
};

/** Name of a number: `ERROR` for 17, `ERROR2` for 18; '' outside 1 to 24. */
export function severityName(number: number): string {
  const name = NAMES[Math.floor((number - 1) / 4)];
  if (!name || number < 1) return '';
  const step = (number - 1) % 4;
  return step === 0 ? name : `${name}${step + 1}`;
}

/** Number of a name in any case; 0 for one that is not known. */
export const severityNumber = (text: string): number => NUMBERS[text.trim().toUpperCase()] ?? 0;
