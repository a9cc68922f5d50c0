import { describe, expect, it } from 'vitest';
import { createCounters } from '../base/counters.ts';
import { startCpu } from '../base/testing.ts';
import { createBeaconLimit } from './beacon-limit.ts';
import { clientAddress } from './client-address.ts';
import type { Call } from './deps.ts';
import { createRateLimit } from './rate-limit.ts';

function limited() {
  let now = 0;
  const clock = { monotonic: () => now } as Parameters<typeof createBeaconLimit>[0]['clock'];
  const counters = createCounters();
  const limit = createBeaconLimit({ clock, counters });
  const passes = (address: string, key = 'k'): boolean => {
    try {
      limit({ caller: { id: key, scopes: new Set(['beacon']) }, address } as unknown as Call);
      return true;
    } catch {
      return false;
    }
  };
  return { clock, counters, passes, wait: (ms: number) => (now += ms) };
}

describe('beacons of a public key', () => {
  it('from one address end at its share, and leave the others theirs', () => {
    const { passes, counters, wait } = limited();
    expect(Array.from({ length: 500 }, () => passes('198.51.100.1')).filter(Boolean)).toHaveLength(200);
    expect(passes('198.51.100.2')).toBe(true);
    expect(passes('198.51.100.1', 'other key')).toBe(true);
    expect(counters.by('pegbar_beacons_limited_total', 'by')).toEqual({ address: 300 });
    wait(1_000);
    expect(Array.from({ length: 50 }, () => passes('198.51.100.1')).filter(Boolean)).toHaveLength(20);
  });

  it('from many addresses end at the share of the key', () => {
    const { passes, counters } = limited();
    const all = Array.from({ length: 1_500 }, (_, at) => passes(`198.51.${at >> 8}.${at & 255}`));
    expect(all.filter(Boolean)).toHaveLength(1_000);
    expect(counters.by('pegbar_beacons_limited_total', 'by')).toEqual({ key: 500 });
  });
});

it('a limit forgets who was silent longest, however many names come', () => {
  const { clock } = limited();
  const limit = createRateLimit({ clock, perSecond: 1, burst: 1 });
  expect([limit('first'), limit('first')]).toEqual([true, false]);
  const spent_ms = startCpu();
  for (let name = 0; name < 200_000; name++) {
    limit(`n${name}`);
    if (name % 1_000 === 0) expect(limit('first')).toBe(false);
  }
  expect(spent_ms()).toBeLessThan(5_000);
  expect(limit('n0')).toBe(true);
});

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', undefined, '198.51.100.7'],
    ['::ffff:198.51.100.7', undefined, '198.51.100.7'],
    ['198.51.100.7', '203.0.113.1', '198.51.100.7'],
    ['127.0.0.1', '10.9.9.9, 203.0.113.1', '203.0.113.1'],
    ['10.0.0.2', '6.6.6.6,203.0.113.1', '203.0.113.1'],
    ['10.0.0.2', 'nonsense', '10.0.0.2'],
    ['::1', '[2001:db8:0:1::5]', '2001:db8:0:1::/64'],
    ['2001:db8::1:2:3:4', undefined, '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0001:ffff::9', '1.2.3.4', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', undefined, 'fe80:0:0:0::/64'],
    ['', undefined, ''],
  ])('of peer %j, forwarded for %j, is %j', (peer, forwarded, address) => {
    expect(clientAddress(peer, forwarded)).toBe(address);
  });
});
