import { fail, ok, type Result } from '../base/result.ts';

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const SIZE_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `500ms`, `30s`, `15m`, `48h`, `30d`, `2w` in milliseconds. Bare numbers are refused: their unit is a guess. */
export function parseDuration(text: string): Result<number, string> {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim());
  const unit = match ? DURATION_MS[match[2] as string] : undefined;
  if (!match || unit === undefined) {
    return fail('write a number and a unit: 500ms, 30s, 15m, 48h, 30d or 2w');
  }
  return ok(Math.round(Number(match[1]) * unit));
}

/** `64MiB`, `20GB`, `1.5TiB` or a bare number of bytes. */
export function parseSize(text: string): Result<number, string> {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text.trim());
  const unit = match ? SIZE_BYTES[(match[2] ?? 'b').toLowerCase()] : undefined;
  if (!match || unit === undefined) return fail('write a size: 64MiB, 20GB or a number of bytes');
  return ok(Math.round(Number(match[1]) * unit));
}
