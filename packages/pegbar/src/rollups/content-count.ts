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

/** `hours_s` lie within a day or so: starts of hours, epoch seconds. */
export async function countContent(
  store: Pick<Store, 'native'>,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  tenant: string,
  hours_s: readonly number[],
): Promise<ContentHourCounts[]> {
  const params = {
    tenant,
    hours: [...hours_s],
    most: DOCUMENTS_MOST,
    from: Math.min(...hours_s),
    to: Math.max(...hours_s) + HOUR_MS / 1000,
  };
  const read = async <T>(sql: string, count: (bytes: Buffer) => Generator<undefined, T>): Promise<T> => {
    const answer = await store.native(sql, { params, settings: STEP });
    if (!answer.ok) throw new StoreFailure(answer.error);
    return paced(count(answer.value), clock);
  };
  const readPrompt = createPromptReader();
  const prompts = await read(PROMPTS, (bytes) =>
    documentsByHour(bytes, (row, values, session) =>
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
    documentsByHour(bytes, (row, values, session) =>
      paletteDocument(session, values, row('palette') as string[]),
    ),
  );
  const distances = await read(DISTANCES, distancesByHour);
  return hours_s.map((hour_s) => ({
    hour_s,
    content: [...(prompts.get(hour_s) ?? []), ...(palettes.get(hour_s) ?? [])],
    distances: distances.get(hour_s) ?? [],
  }));
}

type Row = (column: string) => unknown;

function* documentsByHour(
  bytes: Buffer,
  documentOf: (row: Row, values: string[], session: string) => ContentDocument,
): Generator<undefined, Map<number, ContentSums[]>> {
  const counters = new Map<number, ContentCounter>();
  const names = new CellNameCounter();
  for (const view of blocksOf(bytes)) {
    const hours = column(view, 'hour');
    const dims = ['region', 'model_version', 'workload', 'collection'].map((name) => column(view, name));
    const sessions = column(view, 'session');
    for (let at = 0; at < view.rows; at++) {
      const hour = Number(hours.at(at));
      const counter = counters.get(hour) ?? new ContentCounter(names);
      counters.set(hour, counter);
      const values = dims.map((dim) => String(dim.at(at)));
      counter.add(documentOf((name) => column(view, name).at(at), values, String(sessions.at(at))));
      if (at % ROWS_PER_STEP === 0) yield;
    }
  }
  for (const counter of counters.values()) counter.close();
  const out = new Map<number, ContentSums[]>();
  for (const [hour, counter] of counters) {
    out.set(hour, counter.end());
    yield;
  }
  return out;
}
const ROWS_PER_STEP = 64;

function* distancesByHour(bytes: Buffer): Generator<undefined, Map<number, DistanceCounts[]>> {
  const hours = new Map<number, Map<string, { n: number; sum: number; bins: Map<number, number> }>>();
  for (const view of blocksOf(bytes)) {
    const [hour, collection, value] = ['hour', 'collection', 'v'].map((name) => column(view, name));
    for (let at = 0; at < view.rows; at++) {
      const start = Number(hour!.at(at));
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
