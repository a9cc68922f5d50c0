/** How much a public key may send: it stands in a page, so anybody has it. */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { isBeacon } from './beacon.ts';
import type { Call } from './deps.ts';
import { Refusal } from './failure.ts';
import { createRateLimit } from './rate-limit.ts';

/** Bodies of one key: thousands of viewers, each with one in some ten seconds. */
const KEY_PER_S = 200;
const KEY_BURST = 1_000;
/** Of them from one address: an office behind one router, and no script that takes what is for everybody. */
const ADDRESS_PER_S = 20;
const ADDRESS_BURST = 200;

/** Throws where the key, or one address with it, has sent too much. The address first: who floods spends his own share. */
export function createBeaconLimit({
  clock,
  counters,
}: {
  clock: Clock;
  counters: Pick<Counters, 'add'>;
}): (call: Call) => void {
  const ofKey = createRateLimit({ clock, perSecond: KEY_PER_S, burst: KEY_BURST });
  const ofAddress = createRateLimit({ clock, perSecond: ADDRESS_PER_S, burst: ADDRESS_BURST });
  const refuse = (by: 'address' | 'key'): never => {
    counters.add('pegbar_beacons_limited_total', { by });
    const whose = by === 'key' ? 'of this key' : 'of this key from one address';
    throw new Refusal('overloaded', `too many beacons ${whose}`, {}, { 'retry-after': '1' });
  };
  return ({ caller, address }) => {
    const { id } = caller!;
    // A key that is secret may be a relay's, which sends for many.
    if (isBeacon(caller!) && address !== '' && !ofAddress(`${id} ${address}`)) refuse('address');
    if (!ofKey(id)) refuse('key');
  };
}
