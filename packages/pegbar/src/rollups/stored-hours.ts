/** Reads stored hours to add them up: in answers of bounded size, and in turns. */
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { STORED_HOURS, STORED_SIZE } from './queries.ts';
import { eachRowOf, type StoredRow, storedBlocks } from './stored-rows.ts';

/** Rows of a block of an answer, which is read in one step of some milliseconds. */
const STEP = { max_block_size: 8_192 };
/** Bytes of an answer, and what a row and a bin of one take at most. */
const ANSWER_BYTES = 64 * 1024 * 1024;
const ROW_BYTES = 64;
const BIN_BYTES = 6;

/** Hours of some buckets, or of all but some. */
export interface HoursWanted {
  /** A condition over `roll_hours`. */
  readonly where: string;
  readonly params: Record<string, unknown>;
}

export async function eachStoredHour(
  store: Pick<Store, 'rows' | 'native'>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  { where, params }: HoursWanted,
  tell: (row: StoredRow) => void,
): Promise<void> {
  const size = await store.rows<{ rows: string; bins: string }>(STORED_SIZE(where), { params });
  if (!size.ok) throw new StoreFailure(size.error);
  const [{ rows, bins } = { rows: '0', bins: '0' }] = size.value;
  const bytes = Number(rows) * ROW_BYTES + Number(bins) * BIN_BYTES;
  const slices = Math.ceil(bytes / ANSWER_BYTES);
  for (let slice = 0; slice < slices; slice++) {
    const answer = await store.native(STORED_HOURS(where), {
      params: { ...params, slices, slice },
      settings: STEP,
    });
    if (!answer.ok) throw new StoreFailure(answer.error);
    await paced(inSteps(answer.value, tell), clock);
  }
}

function* inSteps(answer: Uint8Array, tell: (row: StoredRow) => void): Generator<undefined> {
  for (const block of storedBlocks(answer)) {
    eachRowOf(block, tell);
    yield;
  }
}
