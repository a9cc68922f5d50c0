import { readFile } from 'node:fs/promises';
import {
  type HostCounters,
  type HostWords,
  hostCounters,
  hostRates,
  ioRecord,
} from '../../../importers/index.ts';
import type { Teller } from './smi.ts';

/** Sends rates of disk and network until stopped; on a host without /proc it says so and ends. */
export async function watchIo(
  { clock, signal, say, put }: Teller,
  words: HostWords,
  everyMs: number,
): Promise<void> {
  let before: HostCounters | undefined;
  while (!signal.aborted) {
    const now = await counters(clock.monotonic());
    if (!now) return say('disk and network are read from /proc, which this host does not have');
    const rates = before && hostRates(before, now);
    if (rates) put(ioRecord(words, rates, clock.now()));
    before = now;
    await clock.sleep(everyMs, signal);
  }
}

async function counters(at_ms: number): Promise<HostCounters | undefined> {
  try {
    const [diskstats, netDev, stat] = await Promise.all(
      ['/proc/diskstats', '/proc/net/dev', '/proc/stat'].map((path) => readFile(path, 'utf8')),
    );
    return hostCounters(at_ms, { diskstats: diskstats ?? '', netDev: netDev ?? '', stat: stat ?? '' });
  } catch {
    return undefined;
  }
}
