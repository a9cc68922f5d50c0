/** Figures as the pages write them. Three significant digits, a real minus, thin on words. */

export const UNKNOWN = '–';
const MINUS = '−';
const MILLION = 1e6;
/** From here on thousands are abbreviated in figures and axes, never in tables of counts. */
const SHORT_FROM = 100_000;

/** `−1.5`: JavaScript's hyphen is not a minus. */
const real = (text: string): string => text.replace('-', MINUS);

function grouped(value: number): string {
  // Not of the browser's languages: the first answer of those costs tens of milliseconds.
  return real(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ','));
}

/** Three significant digits without trailing zeros past `least` decimals. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  const decimals = Math.max(0, digits - 1 - size);
  return real(value.toFixed(Math.min(decimals, 6)));
}

/** `1,204`, `182K`, `12.4 M`. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  // What would be rounded to a thousand of one unit is one of the next.
  if (size >= 999.5 * 1e9) return `${significant(value / 1e12)} T`;
  if (size >= 999.5 * MILLION) return `${significant(value / 1e9)} G`;
  if (size >= 999_500) return `${significant(value / MILLION)} M`;
  if (size >= SHORT_FROM) return `${grouped(value / 1000)}K`;
  if (size >= 100 || Number.isInteger(value)) return grouped(value);
  return significant(value);
}

/** `38 ms`, `4.82 s`, `1 h 33 min`. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const size = Math.abs(ms);
  if (size < 0.9995) return `${significant(ms)} ms`;
  if (size < 999.5) return `${real(String(Math.round(ms)))} ms`;
  if (size < 59_950) return `${significant(ms / 1000)} s`;
  const minutes = Math.round(size / 60_000);
  const sign = ms < 0 ? MINUS : '';
  if (minutes < 60) return `${sign}${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 48) return `${sign}${Math.round(hours / 24)} d`;
  return rest === 0 ? `${sign}${hours} h` : `${sign}${hours} h ${rest} min`;
}

/** A share from 0 to 1 as `99.41 %`; near the ends with as many digits as tell it from them. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return UNKNOWN;
  return `${percentFigure(share)} %`;
}

/** `66 %`: of parts that are read side by side. */
export const wholePercent = (share: number | null): string =>
  share === null ? UNKNOWN : `${Math.round(share * 100)} %`;

export function percentFigure(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent === 100) return String(percent);
  const edge = Math.min(Math.abs(percent), Math.abs(100 - percent));
  if (percent > 90 && percent < 100) return real(percent.toFixed(edge < 0.01 ? 3 : edge < 10 ? 2 : 1));
  return significant(percent, Math.abs(percent) < 10 ? 2 : 3);
}

/** `$4.12`; small sums with the digits that tell them: `$0.0041`. */
export function formatMoney(usd: number | null | undefined): string {
  if (usd === null || usd === undefined || !Number.isFinite(usd)) return UNKNOWN;
  const sign = usd < 0 ? MINUS : '';
  const size = Math.abs(usd);
  // `G` and `T` are not said of money.
  if (size >= 10_000) return `${sign}$${formatCount(size).replace(' G', ' bn').replace(' T', ' tn')}`;
  if (size >= 0.1 || size === 0) return `${sign}$${size.toFixed(2)}`;
  // As many zeros as make two digits: figures of a column have the same worth.
  const decimals = Math.min(8, 1 - Math.floor(Math.log10(Number(size.toPrecision(2)))));
  return `${sign}$${size.toFixed(decimals)}`;
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return UNKNOWN;
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? grouped(value) : significant(value)} ${BYTE_UNITS[unit]}`;
}

/** `+0.1`, `−9.3`, `0`: a difference, by the formatter of the value. */
export function signed(value: number, format: (size: number) => string): string {
  const text = format(Math.abs(value));
  if (/^[^1-9]*$/.test(text)) return text;
  return value > 0 ? `+${text}` : `${MINUS}${text}`;
}

/** Fewer observations than this are shown grey, with their number. */
export const FEW = 30;
/** `n = 8,412`, which no line ends within. */
export const formatN = (n: number): string => `n\u00a0=\u00a0${grouped(n)}`;
