/**
 * Pictures of which an artifact record alone tells: they take model and parameters from their request, whichever of
 * both comes first. A picture of which a stage tells has them already.
 */
import { mergedRows, type Store, StoreFailure } from '../store/index.ts';
import { lotsOf } from './lots.ts';

/** What a picture takes from its request, where it does not know its model. */
const TAKEN = [
  'region',
  'workload',
  'model_version',
  'hardware_class',
  'traffic_source',
  'model_family',
  'checkpoint_hash',
  'loras',
  'lora_weights',
  'sampler',
  'scheduler',
  'steps',
  'cfg',
  'seed',
  'prompt_hash',
  'session_id',
  'user_hash',
  'trace_id',
  'collection',
] as const;
/** Pictures whose request has not come yet; the oldest are given up. */
const WAITING_MOST = 10_000;
const HOUR_MS = 3_600_000;
/** Days of ingest, today's among them, in which a picture is looked for that waited when the server was stopped. */
const RECALLED_DAYS = 3;

export interface Picture {
  tenant: string;
  image_id: string;
  request_id: string;
}

export interface Heirs {
  /** Pictures with a request that a log tells of. */
  learn(pictures: Iterable<Picture>): void;
  /**
   * Gives what is known to those learned since, and to those that waited for one of these requests. Answers the
   * (tenant, hour)s of pictures that know more now.
   */
  settle(requests: ReadonlyMap<string, ReadonlySet<string>>): Promise<{ tenant: string; hour_ms: number }[]>;
}

const CHOSEN_IMAGES = 'WHERE t.tenant IN {tenants:Array(String)} AND t.image_id IN {images:Array(String)}';
const CHOSEN_REQUESTS =
  'WHERE t.tenant IN {tenants:Array(String)} AND t.request_id IN {requests:Array(String)}';
const PAIRS = `FROM ${mergedRows('images', CHOSEN_IMAGES)} AS i
  INNER JOIN ${mergedRows('requests', CHOSEN_REQUESTS)} AS r ON r.tenant = i.tenant AND r.request_id = i.request_id
  WHERE r.model_version != ''`;
const FOUND = `
SELECT i.tenant AS tenant, i.image_id AS image_id, i.model_version = '' AS heir,
  toString(intDiv(toUnixTimestamp64Milli(i.timestamp::DateTime64(9, 'UTC')), ${HOUR_MS})) AS hour ${PAIRS}`;
const GIVE = `
INSERT INTO images (tenant, image_id, request_id, timestamp, part, seg, ${TAKEN.join(', ')})
SELECT i.tenant, i.image_id, i.request_id, i.timestamp, i.part, i.seg, ${TAKEN.map((name) => `r.${name}`).join(', ')} ${PAIRS} AND i.model_version = ''`;

/**
 * Who waited when the server was stopped. Rows as they lie, not merged: one that a stage told of too is found to know
 * its model when it is settled. The newest, as many as may wait.
 */
const RECALL = `
SELECT DISTINCT tenant, image_id, request_id FROM (
  SELECT tenant, image_id, request_id FROM images
  WHERE part > today() - ${RECALLED_DAYS} AND request_id != '' AND model_version = ''
  ORDER BY seg DESC LIMIT ${WAITING_MOST})`;

export function createHeirs(store: Pick<Store, 'rows' | 'command'>): Heirs {
  const waiting = new Map<string, Picture>();
  let learned: Picture[] = [];
  let recalled = false;
  const keyOf = ({ tenant, image_id }: Pick<Picture, 'tenant' | 'image_id'>): string =>
    `${tenant}\n${image_id}`;

  async function give(pictures: readonly Picture[]): Promise<{ tenant: string; hour_ms: number }[]> {
    const params = {
      tenants: [...new Set(pictures.map((one) => one.tenant))],
      images: [...new Set(pictures.map((one) => one.image_id))],
      requests: [...new Set(pictures.map((one) => one.request_id))],
    };
    const found = await store.rows<{ tenant: string; image_id: string; heir: number; hour: string }>(FOUND, {
      params,
    });
    if (!found.ok) throw new StoreFailure(found.error);
    for (const row of found.value) waiting.delete(keyOf(row));
    const heirs = found.value.filter((row) => row.heir === 1);
    if (heirs.length > 0) {
      // Pictures merge by max and min: what is given twice changes nothing.
      const given = await store.command(GIVE, { params });
      if (!given.ok) throw new StoreFailure(given.error);
    }
    return heirs.map(({ tenant, hour }) => ({ tenant, hour_ms: Number(hour) * HOUR_MS }));
  }

  /** Once, before the first pictures are settled: memory alone would forget at a restart. */
  async function recall(): Promise<void> {
    if (recalled) return;
    const known = await store.rows<Picture>(RECALL);
    if (!known.ok) throw new StoreFailure(known.error);
    recalled = true;
    learned = [...known.value, ...learned];
  }

  return {
    learn(pictures) {
      for (const picture of pictures) learned.push(picture);
    },
    async settle(requests) {
      await recall();
      const due = [...waiting.values()].filter((one) => requests.get(one.tenant)?.has(one.request_id));
      for (const one of learned) waiting.set(keyOf(one), one);
      const pictures = [...due, ...learned];
      const hours: { tenant: string; hour_ms: number }[] = [];
      let at = 0;
      for (const lot of lotsOf(pictures.map((one) => one.image_id + one.request_id))) {
        hours.push(...(await give(pictures.slice(at, at + lot.length))));
        at += lot.length;
      }
      // Only now: where the store fails midway, they are settled again, which changes nothing twice.
      learned = [];
      for (const key of waiting.keys()) {
        if (waiting.size <= WAITING_MOST) break;
        waiting.delete(key);
      }
      return hours;
    },
  };
}
