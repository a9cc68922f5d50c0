/** Numbers with their unit, as a person reads them. Units come last in a name: latency_ms, cost_usd. */

export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const size = Math.abs(ms);
  if (size === 0) return '0 ms';
  if (size < 1) return `${significant(ms * 1_000)} µs`;
  if (size < 1_000) return `${significant(ms)} ms`;
  if (size < 120_000) return `${significant(ms / 1_000)} s`;
  if (size < 7_200_000) return `${significant(ms / 60_000)} min`;
  return `${significant(ms / 3_600_000)} h`;
}

export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = size;
  let unit = 0;
  while (Math.abs(value) >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : significant(value)} ${units[unit]}`;
}

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** From here on digits are a wall, and most of them are no longer the number's own. */
const WRITTEN_OUT_BELOW = 1e15;

/** Three significant digits; whole numbers stay whole. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= WRITTEN_OUT_BELOW) return String(Number(value.toPrecision(3)));
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return count(value);
  return String(Number(value.toPrecision(3)));
}

/** Availability lives near 100: two decimals there, three digits below 1. */
const percent = (value: number): string =>
  Math.abs(value) < 1 ? significant(value) : String(Number(value.toFixed(2)));

/** A value under the unit that the contract gives it: `812 ms`, `0.4 %`, `$1.20`. */
export function withUnit(unit: string, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  switch (unit) {
    case 'ms':
      return duration(value);
    case 'usd':
      return `$${Math.abs(value) >= 1 || value === 0 ? value.toFixed(2) : significant(value)}`;
    case '0..1':
      return `${percent(value * 100)} %`;
    case '1':
      return significant(value);
    default:
      // A score has a range, `1..10`, and no unit.
      if (unit.includes('..')) return significant(value);
      return unit.startsWith('1/')
        ? `${significant(value)}${unit.slice(1)}`
        : `${significant(value)} ${unit}`;
  }
}

/** `2026-03-01 12:34:56.789` in UTC from RFC 3339. */
export function instant(time: string | number | undefined): string {
  if (time === undefined || time === '') return '–';
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace('T', ' ').replace('Z', '');
}
