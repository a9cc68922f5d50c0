/** Folding anew, over a real engine: the requests are those that the segments gave one by one. */
import { tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { foldSpans } from './fold.ts';
import { refoldRequests } from './refold.ts';
import { blocksOf, type SpanRow } from './testkit.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const REQUESTS = 400;
const SEGMENTS = 7;
/** All but the segment, which tells who folded. */
const COLUMNS = tableOf('requests')
  .columns.map((column) => column.name)
  .filter((name) => name !== 'seg');

function randomRows(): SpanRow[] {
  let seed = 11;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  const rows: SpanRow[] = [];
  for (let one = 0; one < REQUESTS * 5; one++) {
    const request = random(REQUESTS);
    const outcome = random(9);
    rows.push({
      tenant: request % 5 === 0 ? 'other' : 't',
      timestamp: 1_763_800_000_000_000_000n + BigInt(random(7_200_000)) * 1_000_000n,
      duration_ns: BigInt(random(9000)) * 1_000_000n,
      // Every third request is its trace.
      request_id: request % 3 === 0 ? undefined : `request ' ${request} \\ ü`,
      trace_id: (request + 1).toString(16).padStart(32, '0'),
      span_id: (one + 1).toString(16).padStart(16, '0'),
      parent_span_id: random(3) === 0 ? undefined : 'ff'.repeat(8),
      source: 1,
      pipeline_stage: ['generate', 'upscale', undefined][random(3)],
      outcome: outcome === 0 ? 'failed' : outcome === 1 ? 'succeeded' : undefined,
      error_code: random(10) === 0 ? 'oom' : undefined,
      region: ['eu', 'us', undefined][random(3)],
      model_version: ['v6', 'v7'][random(2)],
      loras: [undefined, ['a'], ['a', 'b'], ['c']][random(4)],
      lora_weights: [undefined, [0.5], [0.5, 0.25]][random(3)],
      attributes: [undefined, { node: `n${random(3)}` }, { node: 'n1', farm: 'b' }][random(3)],
      cost_usd: random(8) / 4,
      gpu_seconds: random(8) / 4,
      gpu_count: random(3),
      images: random(3),
      seed: 2n ** 63n + BigInt(random(1000)),
      part: Math.floor(Date.now() / 86_400_000) * 86_400_000,
    });
  }
  return rows;
}

describe.skipIf(missing)('folding anew', () => {
  let test: TestStore;
  let store: Store;
  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
  });
  afterAll(() => test?.stop());

  async function requests(): Promise<unknown[]> {
    const answer = await store.rows(
      `SELECT ${COLUMNS.join(', ')} FROM requests FINAL ORDER BY tenant, request_id`,
    );
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  }

  async function insert(table: string, blocks: readonly Uint8Array[], token: string): Promise<void> {
    const done = await store.insertNative(table, blocks, { token });
    if (!done.ok) throw new Error(done.error.message);
  }

  it('gives what the segments gave, once, twice, and where half of it was lost', async () => {
    const rows = randomRows();
    const ids = new Map<string, Set<string>>();
    for (let segment = 0; segment < SEGMENTS; segment++) {
      const blocks = blocksOf(
        rows.filter((_, index) => index % SEGMENTS === segment),
        BigInt(segment),
        100,
      );
      await insert('spans', blocks, `spans-${segment}`);
      const folded = foldSpans(blocks, BigInt(segment));
      await insert('requests', folded.requests.encode(), `requests-${segment}`);
      for (const [tenant, of] of folded.ids()) ids.set(tenant, new Set([...(ids.get(tenant) ?? []), ...of]));
    }
    const told = await requests();
    const known = new Set(rows.map((row) => row.trace_id));
    expect(told).toHaveLength(known.size);
    const again = async (): Promise<void> => {
      for (const [tenant, of] of ids) await refoldRequests(store, tenant, [...of]);
    };
    await again();
    expect(await requests()).toEqual(told);
    // The engine must not take the same rows for a repetition of an insert that was deleted.
    await again();
    expect(await requests()).toEqual(told);
    const lost = await store.command('ALTER TABLE requests DELETE WHERE cityHash64(request_id) % 2 = 0', {
      settings: { mutations_sync: 2 },
    });
    if (!lost.ok) throw new Error(lost.error.message);
    expect((await requests()).length).toBeLessThan(known.size);
    await again();
    expect(await requests()).toEqual(told);
  });

  it('touches no request that it was not asked for, and no other tenant', async () => {
    const before = await requests();
    await refoldRequests(store, 't', ["request ' 1 \\ ü", 'nobody']);
    await refoldRequests(store, 'nobody', ["request ' 1 \\ ü"]);
    expect(await requests()).toEqual(before);
  });
});
