import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { paced } from '../base/paced.ts';
import { type DictionaryView, type FixedView, readBlock, type TextView } from '../native/index.ts';
import type { Segments } from '../spool/index.ts';
import { type Derived, type LoadListener, type Store, StoreFailure } from '../store/index.ts';
import { type Folded, foldSteps } from './fold.ts';
import { createHeirs, type Picture } from './heirs.ts';
import { lotsOf } from './lots.ts';
import { type Renamed, TraceNames } from './names.ts';
import { refoldRequests } from './refold.ts';
import { SETTLED_MS_SQL } from './verdict.ts';

const HOUR_MS = 3_600_000;
const HOUR_NS = 3_600_000_000_000n;

/** A (tenant, hour) whose counts change. */
export interface Touched {
  tenant: string;
  hour_ms: number;
}

export interface DeriveOptions {
  store: Store;
  log: Log;
  /** Told before rows are loaded which (tenant, hour)s they change; must be durable when it resolves. */
  touch(buckets: Iterable<Touched>): Promise<void>;
  clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>;
}

/** Tables whose rows are counted at their own time. */
const COUNTED = [
  'spans',
  'frames',
  'queue_samples',
  'gpu_samples',
  'model_loads',
  'cache_events',
  'images',
] as const;
/** Facts about a picture or a request count at its time, not at theirs. */
const ABOUT = ['scores', 'feedback'] as const;
/** Rows of hours before the last ones may belong to a request that was counted in another hour. */
const LATE_MS = 2 * HOUR_MS;
/**
 * Requests of a log that the store is asked for one by one. Each costs the reading of a granule of
 * `requests`; a backfill, which has thousands in every log, would read the table once per log.
 */
const ASKED_REQUESTS = 500;
/** Requests of a new hour may have begun in the one before: as long as the sweeper waits for them, and some more. */
const BEGUN_MS = 20 * 60_000;
/** Hours around a late row in which its request may have been counted before, where the store is not asked. */
const LEAST_REACH_HOURS = 1;
const MOST_REACH_HOURS = 24;

type Ids = Map<string, Set<string>>;
type AddHour = (tenant: string, hour_ms: number) => void;

/** Ids of one tenant may be another's too: an hour too many is counted anew, none is missed. */
const KNOWN = (id: string): string => `tenant IN {tenants:Array(String)} AND ${id} IN {ids:Array(String)}`;

/** What follows from a log of raw rows: requests and pictures, and which hours must be counted anew. */
export function createDeriver({ store, touch, clock }: DeriveOptions): LoadListener {
  const names = new TraceNames();
  const heirs = createHeirs(store);

  async function before(segments: Segments): Promise<Derived> {
    const buckets = new Map<string, Touched>();
    const add: AddHour = (tenant, hour_ms) => void buckets.set(`${tenant}|${hour_ms}`, { tenant, hour_ms });
    for (const table of COUNTED)
      for (const block of segments.tables.get(table)?.blocks ?? []) hoursOf(block, add);
    const folded = await fold(segments);
    if (folded) await hoursOfFolded(folded, [...buckets.values()], add);
    const renamed = byTenant(folded?.renamed ?? []);
    await hoursOfRequests(renamed.traces, add);
    for (const table of ABOUT) await hoursOfSubjects(segments.tables.get(table)?.blocks ?? [], add);
    heirs.learn(picturesOf(segments.tables.get('images')?.blocks ?? []));
    await touch(buckets.values());
    return {
      async stored() {
        for (const [tenant, ids] of renamed.requests) await refoldRequests(store, tenant, [...ids]);
        for (const { tenant, hour_ms } of await heirs.settle(folded?.ids() ?? new Map()))
          add(tenant, hour_ms);
        await touch(buckets.values());
      },
      idempotent: new Map(folded && folded.images.rows > 0 ? [['images', folded.images.encode()]] : []),
      additive: new Map(folded && folded.requests.rows > 0 ? [['requests', folded.requests.encode()]] : []),
    };
  }

  async function rederive(segments: Segments): Promise<void> {
    for (const [tenant, ids] of (await fold(segments))?.ids() ?? [])
      await refoldRequests(store, tenant, [...ids]);
  }

  /**
   * Hours in which the requests of a log may stand already: pending, or with another verdict. Of a few requests
   * the store knows them. For many it is the hour before, where a request may have begun, and for late rows every
   * hour that a request could reach from its rows' own, judged by the longest request of the log.
   */
  async function hoursOfFolded(folded: Folded, touched: readonly Touched[], add: AddHour): Promise<void> {
    if (folded.requests.rows <= ASKED_REQUESTS) return hoursOfRequests(folded.ids(), add);
    const now = clock.now();
    const longest = Math.ceil(folded.longest_ms / HOUR_MS);
    const reach = Math.min(MOST_REACH_HOURS, Math.max(LEAST_REACH_HOURS, longest));
    for (const { tenant, hour_ms } of touched) {
      if (hour_ms < now - LATE_MS)
        for (let hour = -reach; hour <= reach; hour++) add(tenant, hour_ms + hour * HOUR_MS);
      else if (now - hour_ms < BEGUN_MS) add(tenant, hour_ms - HOUR_MS);
    }
  }

  /**
   * Hours in which requests that are known already were counted: those of any of their rows, a superset that
   * costs no merge.
   */
  function hoursOfRequests(ids: Ids, add: AddHour): Promise<void> {
    const hour = `intDiv(if(verdict = 0, toUnixTimestamp64Milli(ended), toInt64(${SETTLED_MS_SQL})), ${HOUR_MS})`;
    return eachHour(
      `SELECT DISTINCT tenant, ${hour} AS hour FROM requests WHERE ${KNOWN('request_id')}`,
      ids,
      add,
    );
  }

  async function hoursOfSubjects(blocks: readonly Buffer[], add: AddHour): Promise<void> {
    const images: Ids = new Map();
    const requests: Ids = new Map();
    for (const block of blocks) subjectsOf(block, images, requests);
    await hoursOfRequests(requests, add);
    const hour = `intDiv(toUnixTimestamp64Milli(timestamp), ${HOUR_MS})`;
    await eachHour(
      `SELECT DISTINCT tenant, ${hour} AS hour FROM images WHERE ${KNOWN('image_id')}`,
      images,
      add,
    );
  }

  async function eachHour(sql: string, ids: Ids, add: AddHour): Promise<void> {
    const tenants = [...ids.keys()];
    for (const lot of lotsOf([...ids.values()].flatMap((set) => [...set]))) {
      const answer = await store.rows<{ tenant: string; hour: string }>(sql, {
        params: { tenants, ids: lot },
      });
      if (!answer.ok) throw new StoreFailure(answer.error);
      for (const { tenant, hour } of answer.value) add(tenant, Number(hour) * HOUR_MS);
    }
  }

  async function fold(segments: Segments): Promise<Folded | undefined> {
    const spans = segments.tables.get('spans');
    return spans && paced(foldSteps(spans.blocks, BigInt(segments.seg), names), clock);
  }

  return { before, rederive };
}

function byTenant(renamed: readonly Renamed[]): { requests: Ids; traces: Ids } {
  const out = { requests: new Map<string, Set<string>>(), traces: new Map<string, Set<string>>() };
  for (const { tenant, request_id, trace_id } of renamed) {
    out.requests.set(tenant, (out.requests.get(tenant) ?? new Set()).add(request_id));
    out.traces.set(tenant, (out.traces.get(tenant) ?? new Set()).add(trace_id));
  }
  return out;
}

const TIMED: ReadonlySet<string> = new Set(['tenant', 'timestamp']);
const SUBJECT: ReadonlySet<string> = new Set(['tenant', 'image_id', 'request_id']);

function hoursOf(block: Buffer, add: AddHour): void {
  const { columns, rows } = readBlock(block, 0, { columns: TIMED });
  const { dictionary, keys } = columns.get('tenant') as DictionaryView;
  const column = columns.get('timestamp') as FixedView;
  const times = column.values as BigInt64Array;
  const words = column.words();
  // Rows of one tenant are nearly all of one hour. By tenant: the high words (4.3 s each) that lie wholly within the last one.
  const first = new Float64Array(dictionary.length).fill(1);
  const last = new Float64Array(dictionary.length);
  for (let row = 0; row < rows; row++) {
    const key = keys[row]!;
    const high = words[row * 2 + 1]!;
    if (high >= first[key]! && high <= last[key]!) continue;
    const hour = (times[row]! / HOUR_NS) * HOUR_NS;
    first[key] = Number(hour >> 32n) + 1;
    last[key] = Number((hour + HOUR_NS) >> 32n) - 1;
    add(dictionary[key]!, Number(hour / 1_000_000n));
  }
}

/** Pictures of a log's artifact records that name their request. */
function* picturesOf(blocks: readonly Buffer[]): Generator<Picture> {
  for (const block of blocks) {
    const { columns, rows } = readBlock(block, 0, { columns: SUBJECT });
    const tenant = columns.get('tenant') as DictionaryView;
    const image = columns.get('image_id') as TextView;
    const request = columns.get('request_id') as TextView | undefined;
    for (let row = 0; request && row < rows; row++) {
      const request_id = request.at(row);
      if (request_id !== '') yield { tenant: tenant.at(row), image_id: image.at(row), request_id };
    }
  }
}

function subjectsOf(
  block: Buffer,
  images: Map<string, Set<string>>,
  requests: Map<string, Set<string>>,
): void {
  const { columns, rows } = readBlock(block, 0, { columns: SUBJECT });
  const tenant = columns.get('tenant') as DictionaryView;
  const image = columns.get('image_id') as TextView | undefined;
  const request = columns.get('request_id') as TextView | undefined;
  for (let row = 0; row < rows; row++) {
    const imageId = image?.at(row) ?? '';
    const [into, id] = imageId !== '' ? [images, imageId] : [requests, request?.at(row) ?? ''];
    if (id === '') continue;
    const set = into.get(tenant.at(row)) ?? new Set();
    set.add(id);
    into.set(tenant.at(row), set);
  }
}
