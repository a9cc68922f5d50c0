/** Counts the content of some hours of a tenant from its raw rows: a pure function of them. */
import { binOf } from '@pegbar/stats';
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import type { ArrayView, BlockView, ColumnView, FixedView } from '../native/index.ts';
import { readBlock } from '../native/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { CellNameCounter, ContentCounter, type ContentDocument, type ContentSums } from './content-cells.ts';
import { createPromptReader, paletteDocument } from './content-documents.ts';
import { DISTANCES, PALETTES, PROMPTS } from './content-queries.ts';
import { HOUR_MS } from './swap.ts';

/** Prompts and pictures of a tenant and hour that are read; beyond it whole sessions by their digest. */
const DOCUMENTS_MOST = 10_000;
/** Rows of a block of an answer, counted in one step of some milliseconds. */
const STEP = { max_block_size: 1_024 };

/** Distances of a collection's pictures in one hour, in bins of the grid `float`. */
export interface DistanceCounts {
  readonly collection: string;
  readonly n: number;
  /** Millionths. */
  readonly sum: number;
  readonly bins: ReadonlyMap<number, number>;
}

export interface ContentHourCounts {
  readonly hour_s: number;
  readonly content: readonly ContentSums[];
  readonly distances: readonly DistanceCounts[];
}

/** Hours of a tenant whose words are named together: a day of them or so, starts in epoch seconds. */
export interface ContentHours {
  readonly tenant: string;
  readonly hours_s: readonly number[];
}

/** An hour of a tenant, as the queries have it. */
export const wantedKey = (tenant: string, hour_s: number): string => `${tenant} ${hour_s}`;

/** Counts of some days of tenants, in their order, read in one go: they should lie within a week and hold few documents. */
export async function countContent(
  store: Pick<Store, 'native'>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  days: readonly ContentHours[],
): Promise<ContentHourCounts[][]> {
  const hours = days.flatMap(({ hours_s }) => hours_s);
  const params = {
    tenants: [...new Set(days.map(({ tenant }) => tenant))],
    wanted: days.flatMap(({ tenant, hours_s }) => hours_s.map((hour_s) => wantedKey(tenant, hour_s))),
    most: DOCUMENTS_MOST,
    from: Math.min(...hours),
    to: Math.max(...hours) + HOUR_MS / 1000,
  };
  const read = async <T>(sql: string, count: (bytes: Buffer) => Generator<undefined, T>): Promise<T> => {
    const answer = await store.native(sql, { params, settings: STEP });
    if (!answer.ok) throw new StoreFailure(answer.error);
    return paced(count(answer.value), clock);
  };
  const readPrompt = createPromptReader();
  const prompts = await read(PROMPTS, (bytes) =>
    documentsByHour(bytes, days, (row, values, session) =>
      readPrompt({
        session,
        values,
        prompt: row('prompt') as string,
        bins: row('bins') as number[],
        language: row('language') as string,
        script: row('script') as string,
      }),
    ),
  );
  const palettes = await read(PALETTES, (bytes) =>
    documentsByHour(bytes, days, (row, values, session) =>
      paletteDocument(session, values, row('palette') as string[]),
    ),
  );
  const distances = await read(DISTANCES, distancesByHour);
  return days.map(({ tenant, hours_s }) =>
    hours_s.map((hour_s) => {
      const key = wantedKey(tenant, hour_s);
      return {
        hour_s,
        content: [...(prompts.get(key) ?? []), ...(palettes.get(key) ?? [])],
        distances: distances.get(key) ?? [],
      };
    }),
  );
}

type Row = (column: string) => unknown;

function* documentsByHour(
  bytes: Buffer,
  days: readonly ContentHours[],
  documentOf: (row: Row, values: string[], session: string) => ContentDocument,
): Generator<undefined, Map<string, ContentSums[]>> {
  const counters = new Map<string, ContentCounter>();
  const names = new Map(
    days.flatMap(({ tenant, hours_s }) => {
      const own = new CellNameCounter();
      return hours_s.map((hour_s) => [wantedKey(tenant, hour_s), own] as const);
    }),
  );
  for (const view of blocksOf(bytes)) {
    const [tenants, hours] = [column(view, 'tenant'), column(view, 'hour')];
    const dims = ['region', 'model_version', 'workload', 'collection'].map((name) => column(view, name));
    const sessions = column(view, 'session');
    for (let at = 0; at < view.rows; at++) {
      const hour = wantedKey(String(tenants.at(at)), Number(hours.at(at)));
      const counter = counters.get(hour) ?? new ContentCounter(names.get(hour));
      counters.set(hour, counter);
      const values = dims.map((dim) => String(dim.at(at)));
      counter.add(documentOf((name) => column(view, name).at(at), values, String(sessions.at(at))));
      if (at % ROWS_PER_STEP === 0) yield;
    }
  }
  for (const counter of counters.values()) counter.close();
  const out = new Map<string, ContentSums[]>();
  for (const [hour, counter] of counters) {
    out.set(hour, counter.end());
    yield;
  }
  return out;
}
const ROWS_PER_STEP = 64;

function* distancesByHour(bytes: Buffer): Generator<undefined, Map<string, DistanceCounts[]>> {
  const hours = new Map<string, Map<string, { n: number; sum: number; bins: Map<number, number> }>>();
  for (const view of blocksOf(bytes)) {
    const [tenant, hour, collection, value] = ['tenant', 'hour', 'collection', 'v'].map((name) =>
      column(view, name),
    );
    for (let at = 0; at < view.rows; at++) {
      const start = wantedKey(String(tenant!.at(at)), Number(hour!.at(at)));
      const own =
        hours.get(start) ?? new Map<string, { n: number; sum: number; bins: Map<number, number> }>();
      hours.set(start, own);
      const name = String(collection!.at(at));
      const sums = own.get(name) ?? { n: 0, sum: 0, bins: new Map<number, number>() };
      own.set(name, sums);
      const v = Number(value!.at(at));
      const bin = binOf('float', v);
      sums.n++;
      sums.sum += Math.round(v * 1e6);
      sums.bins.set(bin, (sums.bins.get(bin) ?? 0) + 1);
    }
    yield;
  }
  return new Map(
    [...hours].map(([start, own]) => [
      start,
      [...own].map(([collection, sums]) => ({ collection, ...sums })),
    ]),
  );
}

function* blocksOf(bytes: Buffer): Generator<BlockView> {
  for (let at = 0; at < bytes.length; ) {
    const view = readBlock(bytes, at);
    at = view.end ?? bytes.length;
    if (view.rows > 0) yield view;
  }
}

export function column(view: BlockView, name: string): ColumnView {
  const found = view.columns.get(name);
  if (!found) throw new Error(`no column ${name} in the answer`);
  return found;
}

/** The items of a row of a column of arrays, as they lie in the answer. */
export function itemsOf(view: ColumnView, row: number): Uint16Array | Uint32Array {
  const { ends, inner } = view as ArrayView;
  const values = (inner as FixedView).values as Uint16Array | Uint32Array;
  return values.subarray(row === 0 ? 0 : ends[row - 1]!, ends[row]!) as Uint16Array | Uint32Array;
}
