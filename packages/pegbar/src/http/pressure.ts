import type { ApiDeps } from './deps.ts';
import { Refusal } from './failure.ts';

/** Refuses what would be stored while there is no room for it. */
export function checkPressure(intake: ApiDeps['intake']): void {
  const pressure = intake.pressure();
  if (!pressure) return;
  const retry = { 'retry-after': String(pressure.retryAfterS) };
  if (pressure.reason === 'disk_full') throw new Refusal('disk_full', 'the disk is nearly full', {}, retry);
  throw new Refusal('overloaded', 'more arrives than can be stored', {}, retry);
}
