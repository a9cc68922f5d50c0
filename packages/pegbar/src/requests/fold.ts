/**
 * Folds the rows of one segment of `spans` into what they tell of requests and pictures.
 *
 * Every loaded segment adds one row per request it touched; the store merges the rows of one request by max,
 * min and sum (contract, table `requests`), so the fold needs no memory between segments and the order of
 * arrival does not matter. Within a segment it merges as the store does, so that where one segment ends and the
 * next begins does not matter either, and requests can be folded again from all their rows. Pictures merge by max
 * and min alone: adding them twice changes nothing.
 */
import { tableOf } from '@pegbar/contract';
import { BlockBuilder, type FixedView, readBlock } from '../native/index.ts';
import { Columns, isSet, PARENT, traceOf } from './columns.ts';
import { INHERITED, INHERITED_NUMBERS } from './inherited.ts';
import { type Renamed, TraceNames } from './names.ts';
import { PICTURE, pictureWriter } from './pictures.ts';
import { RequestTable } from './table.ts';
import { outcomeOfError, RANK, verdictOf } from './verdict.ts';

/** The columns of `spans` that the fold reads. */
export const WANTED: ReadonlySet<string> = new Set([
  ...INHERITED,
  ...INHERITED_NUMBERS,
  ...PICTURE,
  'tenant',
  'timestamp',
  'duration_ns',
  'request_id',
  'trace_id',
  'span_ids',
  'source',
  'pipeline_stage',
  'boundary',
  'outcome',
  'status',
  'queue_wait_ms',
  'cost_usd',
  'gpu_seconds',
  'gpu_count',
  'images',
  'image_id',
  'sequence_id',
  'loras',
  'lora_weights',
  'attributes',
  'denoise',
  'nsfw',
  'consent_at',
  'part',
]);

/** Bit of `source`: told by an event. */
const TOLD_BY_EVENT = 2;
/** Bit of `source`: a boundary event, no stage or span of its own. */
const BOUNDARY = 16;
/** Bit of `source`: imported. */
const IMPORTED = 4;

export interface Folded {
  requests: BlockBuilder;
  images: BlockBuilder;
  /** Request ids by tenant, for those who must look again. */
  ids(): Map<string, Set<string>>;
  /** Traces of the requests. */
  traceIds(): string[];
  /** From the first start to the last end of the longest request, as far as the rows tell. */
  longest_ms: number;
  /** Requests of which earlier rows were folded under the id of their trace. */
  renamed: Renamed[];
}

/** Folds blocks of `spans`; `seg` is stamped on the rows that come out. */
export function foldSpans(blocks: readonly Uint8Array[], seg: bigint, names?: TraceNames): Folded {
  const steps = foldSteps(blocks, seg, names);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in steps of a few milliseconds: a log has a quarter of a million rows, and acknowledgements wait meanwhile. */
export function* foldSteps(
  blocks: readonly Uint8Array[],
  seg: bigint,
  names: TraceNames = new TraceNames(),
): Generator<undefined, Folded> {
  const requests = new RequestTable();
  const images = new BlockBuilder(tableOf('images'));
  const views: { columns: Columns; rows: number }[] = [];
  const renamed: Renamed[] = [];
  for (const bytes of blocks)
    for (let at: number | null = 0; at !== null && at < bytes.length; ) {
      const view = readBlock(bytes, at, { columns: WANTED });
      at = view.end;
      if (view.rows === 0) continue;
      const columns = new Columns(view);
      views.push({ columns, rows: view.rows });
      renamed.push(...names.learn(columns, view.rows));
      yield;
    }
  for (const { columns, rows } of views) {
    foldBlock(columns, rows, requests, names, images, seg);
    yield;
  }
  requests.eachAlone((tenant, trace_id) => names.foldedAlone(tenant, trace_id));
  return {
    requests: yield* requests.rows(seg),
    images,
    ids: () => requests.ids(),
    traceIds: () => requests.traceIds.filter((id) => id !== ''),
    longest_ms: requests.longestMs(),
    renamed,
  };
}

function foldBlock(
  columns: Columns,
  rows: number,
  requests: RequestTable,
  names: TraceNames,
  images: BlockBuilder,
  seg: bigint,
): void {
  const places = placesOf(columns, rows, requests, names);
  addTimes(columns, places, requests);
  addSums(columns, places, requests);
  addVerdicts(columns, places, requests);
  addTexts(columns, places, requests);
  addNumbers(columns, places, requests);
  addLoras(columns, places, requests);
  addAttributes(columns, places, requests);
  addPictures(columns, places, requests, images, seg);
}

/** The place of each row's request. Rows of one trace stand together, so the row before is asked first. */
function placesOf(columns: Columns, rows: number, requests: RequestTable, names: TraceNames): Int32Array {
  const tenant = columns.text('tenant');
  const requestId = columns.text('request_id');
  const trace = columns.fixed('trace_id');
  const words = trace?.words();
  const places = new Int32Array(rows);
  let [lastId, lastTenant] = ['', ''];
  for (let row = 0; row < rows; row++) {
    const id = requestId(row);
    const owner = tenant(row);
    if (row > 0 && owner === lastTenant && id === lastId && isSameTrace(words, row)) {
      places[row] = places[row - 1]!;
      continue;
    }
    const trace_id = trace ? traceOf(trace, row) : '';
    places[row] = requests.place(owner, id === '' ? names.of(owner, trace_id) : id, trace_id);
    lastId = id;
    lastTenant = owner;
  }
  return places;
}

/** Whether a row has the trace of the row before. */
function isSameTrace(words: Uint32Array | undefined, row: number): boolean {
  if (words === undefined) return true;
  for (let at = row * 4; at < row * 4 + 4; at++) if (words[at] !== words[at - 4]) return false;
  return true;
}

function addTimes(columns: Columns, places: Int32Array, { starts, ends, days }: RequestTable): void {
  const times = columns.fixed('timestamp')!.words();
  const durations = columns.fixed('duration_ns')?.words();
  const part = columns.number('part');
  for (let row = 0; row < places.length; row++) {
    const at = places[row]! * 2;
    const lo = times[row * 2]!;
    const hi = times[row * 2 + 1]!;
    if (hi > ends[at + 1]! || (hi === ends[at + 1]! && lo > ends[at]!)) {
      ends[at] = lo;
      ends[at + 1] = hi;
    }
    let startLo = lo - (durations?.[row * 2] ?? 0);
    let startHi = hi - (durations?.[row * 2 + 1] ?? 0);
    if (startLo < 0) {
      startLo += 2 ** 32;
      startHi--;
    }
    if (startHi < 0) startHi = startLo = 0;
    if (startHi < starts[at + 1]! || (startHi === starts[at + 1]! && startLo < starts[at]!)) {
      starts[at] = startLo;
      starts[at + 1] = startHi;
    }
    const day = part(row);
    if (day > days[places[row]!]!) days[places[row]!] = day;
  }
}

function addSums(columns: Columns, places: Int32Array, { sums }: RequestTable): void {
  const [wait, cost] = [columns.number('queue_wait_ms'), columns.number('cost_usd')];
  const [gpu, gpus] = [columns.number('gpu_seconds'), columns.number('gpu_count')];
  const [made, source] = [columns.number('images'), columns.number('source')];
  const stage = columns.text('pipeline_stage');
  const ids = columns.fixed('span_ids');
  const { queue_wait_ms, cost_usd, gpu_seconds, images, stages, spans, imported } = sums;
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    queue_wait_ms[place]! += wait(row);
    cost_usd[place]! += cost(row);
    gpu_seconds[place]! += gpu(row) * Math.max(1, gpus(row));
    images[place]! += made(row);
    if (source(row) & IMPORTED) imported[place] = 1;
    if (source(row) & BOUNDARY) continue;
    if (stage(row) !== '') stages[place]!++;
    if (ids && isSet(ids, row)) spans[place]!++;
  }
}

function addVerdicts(columns: Columns, places: Int32Array, { verdicts }: RequestTable): void {
  const verdict = verdictReader(columns, columns.fixed('timestamp')!.words());
  for (let row = 0; row < places.length; row++) {
    const told = verdict(row);
    if (told !== undefined && told > verdicts[places[row]!]!) verdicts[places[row]!] = told;
  }
}

/** Of the texts that rows tell the greatest stays. */
function addTexts(columns: Columns, places: Int32Array, requests: RequestTable): void {
  INHERITED.forEach((name, at) => {
    const read = columns.optional(name);
    if (!read) return;
    const texts = requests.textsAt(at);
    for (let row = 0; row < places.length; row++) {
      const value = read(row);
      if (value === '') continue;
      const known = texts[places[row]!];
      if (value !== known && (known === undefined || isGreater(value, known))) texts[places[row]!] = value;
    }
  });
}

/** Of the numbers that rows tell, which are those that are not zero, the greatest stays. */
function addNumbers(columns: Columns, places: Int32Array, requests: RequestTable): void {
  INHERITED_NUMBERS.forEach((name, at) => {
    const column = columns.fixed(name);
    if (!column) return;
    if (column.width === 8) addWide(column, places, requests.widesAt(at));
    else addNarrow(column, places, requests.numbersAt(at));
  });
}

function addNarrow(column: FixedView, places: Int32Array, numbers: Float64Array): void {
  const values = column.values as Uint32Array;
  for (let row = 0; row < places.length; row++) {
    const value = values[row]!;
    const known = numbers[places[row]!]!;
    // What is no number is not told.
    if (value !== 0 && (value > known || (Number.isNaN(known) && !Number.isNaN(value))))
      numbers[places[row]!] = value;
  }
}

function addWide(column: FixedView, places: Int32Array, wides: Uint32Array): void {
  const words = column.words();
  for (let row = 0; row < places.length; row++) {
    const lo = words[row * 2]!;
    const hi = words[row * 2 + 1]!;
    const at = places[row]! * 2;
    if (hi < wides[at + 1]! || (hi === wides[at + 1]! && lo <= wides[at]!)) continue;
    wides[at] = lo;
    wides[at + 1] = hi;
  }
}

function addLoras(columns: Columns, places: Int32Array, { loras, loraWeights }: RequestTable): void {
  const [read, weights] = [columns.any('loras'), columns.any('lora_weights')];
  for (let row = 0; row < places.length; row++) {
    if (read) loras[places[row]!] = greaterList(loras[places[row]!], read(row) as string[], isGreater);
    if (weights)
      loraWeights[places[row]!] = greaterList(loraWeights[places[row]!], weights(row) as number[], isMore);
  }
}

/**
 * A request has the free attributes of its root span and of the events that tell of it. Those of other spans are
 * theirs: there are many, and reading the map of every row would cost more than all else of the fold.
 */
function addAttributes(columns: Columns, places: Int32Array, { attributes }: RequestTable): void {
  const read = columns.any('attributes');
  if (!read) return;
  const [source, ids] = [columns.number('source'), columns.fixed('span_ids')];
  for (let row = 0; row < places.length; row++) {
    const told = source(row);
    if ((told & (TOLD_BY_EVENT | BOUNDARY)) === 0 && ids && isSet(ids, row, PARENT)) continue;
    const map = read(row) as ReadonlyMap<string, string>;
    if (map.size === 0) continue;
    attributes[places[row]!] ??= new Map();
    const known = attributes[places[row]!]!;
    for (const [key, value] of map) {
      const before = known.get(key);
      if (before === undefined || isGreater(value, before)) known.set(key, value);
    }
  }
}

function addPictures(
  columns: Columns,
  places: Int32Array,
  requests: RequestTable,
  images: BlockBuilder,
  seg: bigint,
): void {
  const imageId = columns.optional('image_id');
  if (!imageId) return;
  const stage = columns.text('pipeline_stage');
  const boundary = columns.text('boundary');
  const source = columns.number('source');
  const write = pictureWriter(columns, images, seg);
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    if (imageId(row) === '') continue;
    // One stage may make many pictures: each is told by a span of its own that is the boundary `frame_emitted`.
    // Boundary events know nothing of how the picture was made.
    const emitted = boundary(row) === 'frame_emitted' && (source(row) & BOUNDARY) === 0;
    if (stage(row) !== '' || emitted)
      write(row, imageId(row), requests.tenants[place]!, requests.idOf(place));
  }
}

/** Whether the store, which compares UTF-8, takes `a` for greater. UTF-16 sorts the same but for surrogates. */
function isGreater(a: string, b: string): boolean {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a > b;
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
}
const SURROGATE = /[\ud800-\udfff]/;

/** The greater of two lists by their first difference, as the store has it; empty ones are not told. */
function greaterList<T>(
  known: T[] | undefined,
  list: T[],
  greater: (a: T, b: T) => boolean,
): T[] | undefined {
  if (list.length === 0) return known;
  if (known === undefined) return list;
  for (let at = 0; at < list.length; at++) {
    const mine = known[at];
    if (mine === undefined) return list;
    if (mine !== list[at]) return greater(list[at]!, mine) ? list : known;
  }
  return known;
}

const isMore = (a: number, b: number): boolean => a > b;

/** What a row says of the end of its request; undefined where it says nothing. */
function verdictReader(columns: Columns, times: Uint32Array): (row: number) => bigint | undefined {
  const outcome = columns.text('outcome');
  const stage = columns.text('pipeline_stage');
  const boundary = columns.text('boundary');
  const error = columns.text('error_code');
  const status = columns.number('status');
  const source = columns.number('source');
  const ids = columns.fixed('span_ids');
  return (row) => {
    const told = outcome(row);
    const isBoundary = (source(row) & BOUNDARY) !== 0;
    const isRoot = (source(row) & 1) === 1 && !isBoundary && !(ids && isSet(ids, row, PARENT));
    const delivered = boundary(row) === 'deliver_complete' || (stage(row) === 'deliver' && !isBoundary);
    if (told === '' && !delivered && !isRoot) return undefined;
    const ms = Math.floor((times[row * 2 + 1]! * 2 ** 32 + times[row * 2]!) / 1e6);
    if (told !== '') return verdictOf(source(row) & 8 ? RANK.sweeper : RANK.explicit, ms, told);
    const code = error(row) || (status(row) === 2 ? 'internal' : '');
    return verdictOf(delivered ? RANK.deliver : RANK.root_span, ms, outcomeOfError(code));
  };
}
