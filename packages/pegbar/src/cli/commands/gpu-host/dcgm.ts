import { gpuRecords, readDcgm } from '../../../importers/index.ts';
import type { GpuSource, Teller } from './smi.ts';

/** An exporter of a host with 16 GPUs in MIG instances writes some 300 KB. */
const PAGE_MOST_BYTES = 8 * 1_048_576;
const ANSWER_MOST_MS = 10_000;

/** Reads the exporter every so often until stopped; says when it goes away and when it is back. */
export async function watchDcgm(
  { clock, signal, say, put }: Teller,
  { words, everyMs }: GpuSource,
  url: string,
  get: typeof fetch,
): Promise<string | undefined> {
  const record = gpuRecords(words);
  let trouble: string | undefined;
  while (!signal.aborted) {
    const page = await read(url, get, signal);
    const readings = page.ok ? readDcgm(page.text) : [];
    const now = page.ok ? (readings.length > 0 ? undefined : 'it tells of no GPU') : page.why;
    if (signal.aborted) return undefined;
    if (now !== trouble) say(now === undefined ? `${url} answers again` : `${url}: ${now}; trying on`);
    trouble = now;
    const at = clock.now();
    for (const reading of readings) put(record(reading, at));
    await clock.sleep(everyMs, signal);
  }
  return undefined;
}

async function read(
  url: string,
  get: typeof fetch,
  signal: AbortSignal,
): Promise<{ ok: true; text: string } | { ok: false; why: string }> {
  try {
    const answer = await get(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MOST_MS)]),
      headers: { accept: 'text/plain; version=0.0.4' },
    });
    if (!answer.ok || !answer.body) return { ok: false, why: `HTTP ${answer.status}` };
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > PAGE_MOST_BYTES) return { ok: false, why: `the page is over ${PAGE_MOST_BYTES} bytes` };
      chunks.push(chunk);
    }
    return { ok: true, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ok: false, why: cause instanceof Error ? cause.message : String(cause) };
  }
}
