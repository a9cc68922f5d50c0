/**
 * Folds the rows of one segment of `spans` into what they tell of requests and pictures.
 *
 * Every loaded segment adds one row per request it touched; the store merges the rows of one request by max,
 * min and sum (contract, table `requests`), so the fold needs no memory between segments and the order of
 * arrival does not matter. Within a segment it merges as the store does, so that where one segment ends and the
 * next begins does not matter either, and requests can be folded again from all their rows. Pictures merge by max and min alone: adding them twice changes nothing.
 */
import { tableOf } from '@pegbar/contract';
import {
  BlockBuilder,
  type BlockView,
  type ColumnBuilder,
  type ColumnView,
  type DictionaryView,
  type FixedView,
  readBlock,
  type TextView,
} from '../native/index.ts';
import { outcomeOfError, RANK, verdictOf } from './verdict.ts';

const DAY_MS = 86_400_000;

/** Values of which the greatest that is told stays, as it does in the store. */
const INHERITED = [
  'region',
  'workload',
  'model_version',
  'hardware_class',
  'traffic_source',
  'session_id',
  'retry_of',
  'model_family',
  'checkpoint_hash',
  'sampler',
  'scheduler',
  'collection',
  'error_code',
  'error_message',
  'prompt_language',
] as const;
const INHERITED_NUMBERS = [
  'user_hash',
  'attempt',
  'steps',
  'cfg',
  'seed',
  'width',
  'height',
  'prompt_hash',
  'prompt_tokens',
  'prompt_words',
  'prompt_chars',
] as const;
/** What a picture takes from the row that tells of it, beside the above. */
const PICTURE = [
  'image_uri',
  'thumb_uri',
  'embedding_uri',
  'consent',
  'license',
  'prompt',
  'negative_prompt',
] as const;

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
  'span_id',
  'parent_span_id',
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
  'denoise',
  'nsfw',
  'consent_at',
  'part',
]);

/** Bit of `source`: a boundary event, no stage or span of its own. */
const BOUNDARY = 16;

/** A 64-bit number of nanoseconds as two words: BigInts per row were a third of the fold's time. */
interface Words {
  hi: number;
  lo: number;
}

interface Request {
  tenant: string;
  /** Told by the sender, or '' where the trace stands for the request. */
  request_id: string;
  trace_id: string;
  started: Words;
  ended: Words;
  verdict: bigint;
  queue_wait_ms: number;
  cost_usd: number;
  gpu_seconds: number;
  images: number;
  stages: number;
  spans: number;
  imported: number;
  /** Newest day of ingest, days since the epoch. */
  part: number;
  loras: string[] | undefined;
  /** By place in INHERITED and INHERITED_NUMBERS. */
  texts: (string | undefined)[];
  numbers: (number | bigint | undefined)[];
}

export interface Folded {
  requests: BlockBuilder;
  images: BlockBuilder;
  /** Request ids by tenant, for those who must look again. */
  ids: Map<string, Set<string>>;
  /** From the first start to the last end of the longest request, as far as the rows tell. */
  longest_ms: number;
}

/** Folds blocks of `spans`; `seg` is stamped on the rows that come out. */
export function foldSpans(blocks: readonly Uint8Array[], seg: bigint): Folded {
  const requests = new Map<string, Request>();
  const images = new BlockBuilder(tableOf('images'));
  for (const bytes of blocks)
    for (let at: number | null = 0; at !== null && at < bytes.length; ) {
      const view = readBlock(bytes, at, { columns: WANTED });
      at = view.end;
      if (view.rows === 0) continue;
      const columns = new Columns(view);
      foldBlock(columns, view.rows, requests, images, seg);
    }
  return {
    requests: requestRows(requests.values(), seg),
    images,
    ids: idsOf(requests.values()),
    longest_ms: longestOf(requests.values()),
  };
}

class Columns {
  private readonly view: BlockView;

  constructor(view: BlockView) {
    this.view = view;
  }

  fixed(name: string): FixedView | undefined {
    return this.view.columns.get(name) as FixedView | undefined;
  }

  text(name: string): TextReader {
    const column = this.view.columns.get(name);
    return column ? textReader(column) : () => '';
  }

  /** Undefined where no row of the block has it. */
  optional(name: string): TextReader | undefined {
    const column = this.view.columns.get(name);
    return column && textReader(column);
  }

  number(name: string): (row: number) => number {
    const values = this.fixed(name)?.values;
    return values ? (row) => Number(values[row]) : () => 0;
  }

  any(name: string): ((row: number) => unknown) | undefined {
    const column = this.view.columns.get(name);
    return column && ((row) => column.at(row));
  }
}

type TextReader = (row: number) => string;

/** Text of a row, without decoding what is empty or what the row before said. */
function textReader(column: ColumnView): TextReader {
  if (column.type === 'String') {
    const text = column as TextView;
    let last = '';
    let lastRow = -1;
    return (row) => {
      if (text.starts[row] === text.ends[row]) return '';
      if (lastRow < 0 || !isSame(text, row, lastRow)) last = text.at(row);
      lastRow = row;
      return last;
    };
  }
  const { dictionary, keys } = column as DictionaryView;
  return (row) => dictionary[keys[row]!]!;
}

function isSame({ bytes, starts, ends }: TextView, a: number, b: number): boolean {
  const length = ends[a]! - starts[a]!;
  if (length !== ends[b]! - starts[b]!) return false;
  for (let at = 0, x = starts[a]!, y = starts[b]!; at < length; at++)
    if (bytes[x + at] !== bytes[y + at]) return false;
  return true;
}

function foldBlock(
  columns: Columns,
  rows: number,
  requests: Map<string, Request>,
  images: BlockBuilder,
  seg: bigint,
): void {
  const find = requestFinder(columns, requests);
  const times = columns.fixed('timestamp')!.words();
  const durations = columns.fixed('duration_ns')?.words();
  const inherit = inheritor(columns);
  const sums = sumReaders(columns);
  const verdict = verdictReader(columns, times);
  const imageId = columns.optional('image_id');
  const source = columns.number('source');
  const isSpan = spanReader(columns);
  const stage = columns.text('pipeline_stage');
  const loras = columns.any('loras');
  const part = columns.number('part');
  const picture = imageId && pictureReader(columns, seg);

  for (let row = 0; row < rows; row++) {
    const request = find(row);
    addTime(request, times, durations, row);
    const told = verdict(row);
    if (told > request.verdict) request.verdict = told;
    sums(request, row);
    const isBoundary = (source(row) & BOUNDARY) !== 0;
    if (stage(row) !== '' && !isBoundary) request.stages++;
    if (!isBoundary && isSpan(row)) request.spans++;
    if (source(row) & 4) request.imported = 1;
    const day = part(row);
    if (day > request.part) request.part = day;
    inherit(request, row);
    if (loras) request.loras = greaterList(request.loras, loras(row) as string[]);
    if (picture && imageId(row) !== '' && stage(row) !== '') picture(images, request, row, imageId(row));
  }
}

/** Whether the store, which compares UTF-8, takes `a` for greater. UTF-16 sorts the same but for surrogates. */
function isGreater(a: string, b: string): boolean {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a > b;
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
}
const SURROGATE = /[\ud800-\udfff]/;

/** The greater of two lists by their first difference, as the store has it; empty ones are not told. */
function greaterList(known: string[] | undefined, list: string[]): string[] | undefined {
  if (list.length === 0) return known;
  if (known === undefined) return list;
  for (let at = 0; at < list.length; at++) {
    const mine = known[at];
    if (mine === undefined) return list;
    if (mine !== list[at]) return isGreater(list[at]!, mine) ? list : known;
  }
  return known;
}

/** The request of a row. Rows of one trace stand together, so the row before is asked first. */
function requestFinder(columns: Columns, requests: Map<string, Request>): (row: number) => Request {
  const tenant = columns.text('tenant');
  const requestId = columns.optional('request_id');
  const trace = columns.fixed('trace_id');
  const words = trace?.words();
  let last: Request | undefined;
  let lastRow = -1;
  const sameTrace = (row: number): boolean => {
    if (words === undefined || lastRow < 0) return words === undefined;
    const a = row * 4;
    const b = lastRow * 4;
    return (
      words[a] === words[b] &&
      words[a + 1] === words[b + 1] &&
      words[a + 2] === words[b + 2] &&
      words[a + 3] === words[b + 3]
    );
  };
  return (row) => {
    const id = requestId?.(row) ?? '';
    const owner = tenant(row);
    if (last && last.tenant === owner && last.request_id === id && sameTrace(row)) {
      lastRow = row;
      return last;
    }
    const trace_id = trace ? traceOf(trace, row) : '';
    const key = `${owner}\n${id === '' ? trace_id : id}`;
    last = requests.get(key);
    if (!last) {
      last = newRequest(owner, id, trace_id);
      requests.set(key, last);
    } else if (trace_id > last.trace_id) last.trace_id = trace_id;
    lastRow = row;
    return last;
  };
}

function newRequest(tenant: string, request_id: string, trace_id: string): Request {
  return {
    tenant,
    request_id,
    trace_id,
    started: { hi: 0xffffffff, lo: 0 },
    ended: { hi: 0, lo: 0 },
    verdict: 0n,
    queue_wait_ms: 0,
    cost_usd: 0,
    gpu_seconds: 0,
    images: 0,
    stages: 0,
    spans: 0,
    imported: 0,
    part: 0,
    loras: undefined,
    texts: [],
    numbers: [],
  };
}

const NO_TRACE = '0'.repeat(32);

function traceOf(trace: FixedView, row: number): string {
  const hex = trace.hex(row);
  return hex === NO_TRACE ? '' : hex;
}

function addTime(
  { started, ended }: Request,
  times: Uint32Array,
  durations: Uint32Array | undefined,
  row: number,
): void {
  const lo = times[row * 2]!;
  const hi = times[row * 2 + 1]!;
  if (hi > ended.hi || (hi === ended.hi && lo > ended.lo)) {
    ended.hi = hi;
    ended.lo = lo;
  }
  let startLo = lo - (durations?.[row * 2] ?? 0);
  let startHi = hi - (durations?.[row * 2 + 1] ?? 0);
  if (startLo < 0) {
    startLo += 2 ** 32;
    startHi--;
  }
  if (startHi < 0) startHi = startLo = 0;
  if (startHi < started.hi || (startHi === started.hi && startLo < started.lo)) {
    started.hi = startHi;
    started.lo = startLo;
  }
}

const nanoseconds = ({ hi, lo }: Words): bigint => (BigInt(hi) << 32n) | BigInt(lo);

/** Takes what a row tells and is greater than what earlier rows of the request told. */
function inheritor(columns: Columns): (request: Request, row: number) => void {
  const texts = INHERITED.flatMap((name, place) => {
    const read = columns.optional(name);
    return read ? [{ place, read }] : [];
  });
  const numbers = INHERITED_NUMBERS.flatMap((name, place) => {
    const column = columns.fixed(name);
    return column ? [{ place, values: column.values, words: wordsOf(column) }] : [];
  });
  return (request, row) => {
    for (const { place, read } of texts) {
      const value = read(row);
      const known = request.texts[place];
      if (value !== '' && value !== known && (known === undefined || isGreater(value, known)))
        request.texts[place] = value;
    }
    for (const { place, values, words } of numbers) {
      if (words ? words[row * 2] === 0 && words[row * 2 + 1] === 0 : values[row] === 0) continue;
      const value = values[row]!;
      const known = request.numbers[place];
      // What is no number is not told.
      if (known === undefined ? !Number.isNaN(value) : value > known) request.numbers[place] = value;
    }
  };
}

/** Of 64-bit columns, to test for zero without a BigInt. */
const wordsOf = (column: FixedView): Uint32Array | undefined =>
  column.width === 8 ? column.words() : undefined;

function sumReaders(columns: Columns): (request: Request, row: number) => void {
  const wait = columns.number('queue_wait_ms');
  const cost = columns.number('cost_usd');
  const gpu = columns.number('gpu_seconds');
  const gpus = columns.number('gpu_count');
  const made = columns.number('images');
  return (request, row) => {
    request.queue_wait_ms += wait(row);
    request.cost_usd += cost(row);
    request.gpu_seconds += gpu(row) * Math.max(1, gpus(row));
    request.images += made(row);
  };
}

/** Whether the row has a span id. */
function spanReader(columns: Columns): (row: number) => boolean {
  const id = columns.fixed('span_id');
  return id ? (row) => isSet(id, row) : () => false;
}

/** Whether an id is told: its bytes are zero where it is not. */
function isSet(id: FixedView, row: number): boolean {
  const bytes = id.values as Uint8Array;
  for (let at = row * id.width, end = at + id.width; at < end; at++) if (bytes[at] !== 0) return true;
  return false;
}

/** What a row says of the end of its request; 0 where it says nothing. */
function verdictReader(columns: Columns, times: Uint32Array): (row: number) => bigint {
  const outcome = columns.text('outcome');
  const stage = columns.text('pipeline_stage');
  const boundary = columns.text('boundary');
  const error = columns.text('error_code');
  const status = columns.number('status');
  const source = columns.number('source');
  const parent = columns.fixed('parent_span_id');
  return (row) => {
    const told = outcome(row);
    const isBoundary = (source(row) & BOUNDARY) !== 0;
    const isRoot = (source(row) & 1) === 1 && !isBoundary && !(parent && isSet(parent, row));
    const delivered = boundary(row) === 'deliver_complete' || (stage(row) === 'deliver' && !isBoundary);
    if (told === '' && !delivered && !isRoot) return 0n;
    const ms = Math.floor((times[row * 2 + 1]! * 2 ** 32 + times[row * 2]!) / 1e6);
    if (told !== '') return verdictOf(source(row) & 8 ? RANK.sweeper : RANK.explicit, ms, told);
    const code = error(row) || (status(row) === 2 ? 'internal' : '');
    return verdictOf(delivered ? RANK.deliver : RANK.root_span, ms, outcomeOfError(code));
  };
}

type PictureWriter = (images: BlockBuilder, request: Request, row: number, id: string) => void;

function pictureReader(columns: Columns, seg: bigint): PictureWriter {
  const texts = [...INHERITED, ...PICTURE].map((name) => [name, columns.text(name)] as const);
  const numbers = [...INHERITED_NUMBERS, 'denoise', 'nsfw'].map(
    (name) => [name, columns.fixed(name)] as const,
  );
  const lists = (['loras', 'lora_weights'] as const).map((name) => [name, columns.any(name)] as const);
  const sequence = columns.text('sequence_id');
  const consentAt = columns.fixed('consent_at');
  const part = columns.fixed('part');
  const times = columns.fixed('timestamp')!.values;
  const trace = columns.fixed('trace_id');
  return (images, request, row, image_id) => {
    const out: Record<string, unknown> = {
      tenant: request.tenant,
      image_id,
      timestamp: times[row],
      request_id: request.request_id || request.trace_id,
      sequence_id: sequence(row),
      kind: sequence(row) === '' ? 'image' : 'frame',
      part: Number(part?.values[row] ?? 0) * DAY_MS,
      seg,
    };
    const told = trace ? traceOf(trace, row) : '';
    if (told !== '') out.trace_id = told;
    for (const [name, read] of texts)
      if (images.has(imageColumn(name)) && read(row) !== '') out[imageColumn(name)] = read(row);
    for (const [name, column] of numbers)
      if (column && images.has(name) && !Number.isNaN(column.values[row])) out[name] = column.values[row];
    for (const [name, read] of lists) if (read) out[name] = read(row);
    if (consentAt) out.consent_at = Number(consentAt.values[row]);
    images.append(out);
  };
}

const imageColumn = (name: string): string => (name === 'image_uri' ? 'uri' : name);

function requestRows(requests: Iterable<Request>, seg: bigint): BlockBuilder {
  const builder = new BlockBuilder(tableOf('requests'));
  const column = <T extends ColumnBuilder>(name: string): T => builder.column<T>(name);
  const texts = INHERITED.map((name) => column(name));
  const numbers = INHERITED_NUMBERS.map((name) => column(name));
  const [tenant, id, trace, verdict, loras, started, ended, stamp, part] = (
    ['tenant', 'request_id', 'trace_id', 'verdict', 'loras', 'started', 'ended', 'seg', 'part'] as const
  ).map((name) => column(name)) as [
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
    ColumnBuilder,
  ];
  const sums = SUMS.map((name) => [name, column(name)] as const);
  for (const request of requests) {
    const row = builder.rows++;
    tenant.push(row, request.tenant);
    id.push(row, request.request_id || request.trace_id);
    // The id tells the trace where the trace stands for the request.
    const stands = request.request_id === '' || request.request_id === request.trace_id;
    if (request.trace_id !== '' && !stands) trace.push(row, request.trace_id);
    started.push(row, nanoseconds(request.started));
    ended.push(row, nanoseconds(request.ended));
    if (request.verdict !== 0n) verdict.push(row, request.verdict);
    if (request.loras) loras.push(row, request.loras);
    for (const [name, sum] of sums) if (request[name] !== 0) sum.push(row, request[name]);
    pushTold(row, request.texts, texts);
    pushTold(row, request.numbers, numbers);
    part.push(row, request.part * DAY_MS);
    stamp.push(row, seg);
  }
  return builder;
}

function pushTold(row: number, values: readonly unknown[], columns: readonly ColumnBuilder[]): void {
  for (let place = 0; place < values.length; place++)
    if (values[place] !== undefined) columns[place]!.push(row, values[place]);
}

const SUMS = ['queue_wait_ms', 'cost_usd', 'gpu_seconds', 'images', 'stages', 'spans', 'imported'] as const;

function idsOf(requests: Iterable<Request>): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { tenant, request_id, trace_id } of requests) {
    const set = ids.get(tenant) ?? new Set();
    set.add(request_id || trace_id);
    ids.set(tenant, set);
  }
  return ids;
}

function longestOf(requests: Iterable<Request>): number {
  let longest = 0;
  for (const { started, ended } of requests)
    longest = Math.max(longest, ((ended.hi - started.hi) * 2 ** 32 + ended.lo - started.lo) / 1e6);
  return longest;
}
