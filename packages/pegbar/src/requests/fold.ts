/**
 * Folds the rows of one segment of `spans` into what they tell of requests and pictures.
 *
 * Every loaded segment adds one row per request it touched; the store merges the rows of one request by max,
 * min and sum (contract, table `requests`), so the fold needs no memory between segments and the order of
 * arrival does not matter. Pictures merge by max and min alone: adding them twice changes nothing.
 */
import { tableOf } from '@pegbar/contract';
import {
  BlockBuilder,
  type BlockView,
  type ColumnView,
  type DictionaryView,
  type FixedView,
  readBlock,
  type TextView,
} from '../native/index.ts';
import { outcomeOfError, RANK, verdictOf } from './verdict.ts';

/** Values that the first row to tell them gives the request. */
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

interface Request {
  tenant: string;
  request_id: string;
  trace_id: string;
  started: bigint;
  ended: bigint;
  verdict: bigint;
  queue_wait_ms: number;
  cost_usd: number;
  gpu_seconds: number;
  images: number;
  stages: number;
  spans: number;
  imported: number;
  loras: unknown[];
  told: Record<string, unknown>;
}

export interface Folded {
  requests: BlockBuilder;
  images: BlockBuilder;
  /** Request ids by tenant, for those who must look again. */
  ids: Map<string, Set<string>>;
}

/** Folds blocks of `spans`; `seg` and `part` are stamped on the rows that come out. */
export function foldSpans(blocks: readonly Uint8Array[], seg: bigint): Folded {
  const requests = new Map<string, Request>();
  const images = new BlockBuilder(tableOf('images'));
  let part = 0;
  for (const bytes of blocks)
    for (let at: number | null = 0; at !== null && at < bytes.length; ) {
      const view = readBlock(bytes, at, { columns: WANTED });
      at = view.end;
      if (view.rows === 0) continue;
      const columns = new Columns(view);
      part = Math.max(part, Number(columns.fixed('part')?.at(view.rows - 1) ?? 0));
      foldBlock(columns, view.rows, requests, images, seg);
    }
  return { requests: requestRows(requests, seg, part), images, ids: idsOf(requests) };
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

/** Text of a row, without decoding what is empty. */
function textReader(column: ColumnView): TextReader {
  if (column.type === 'String') {
    const text = column as TextView;
    return (row) => (text.starts[row] === text.ends[row] ? '' : text.at(row));
  }
  const { dictionary, keys } = column as DictionaryView;
  return (row) => dictionary[keys[row]!]!;
}

function foldBlock(
  columns: Columns,
  rows: number,
  requests: Map<string, Request>,
  images: BlockBuilder,
  seg: bigint,
): void {
  const tenant = columns.text('tenant');
  const requestId = columns.text('request_id');
  const trace = columns.fixed('trace_id');
  const ends = columns.fixed('timestamp')!.values as BigInt64Array;
  const durations = columns.fixed('duration_ns')?.values as BigUint64Array | undefined;
  const told = INHERITED.map((name) => [name, columns.text(name)] as const);
  const toldNumbers = INHERITED_NUMBERS.map((name) => [name, columns.fixed(name)] as const);
  const sums = sumReaders(columns);
  const verdict = verdictReader(columns, ends);
  const imageId = columns.text('image_id');
  const source = columns.number('source');
  const spans = spanReader(columns);
  const stage = columns.text('pipeline_stage');
  const boundary = columns.text('boundary');
  const loras = columns.any('loras');
  const picture = pictureReader(columns, seg);

  for (let row = 0; row < rows; row++) {
    const id = requestId(row) || (trace ? trace.hex(row) : '');
    const owner = tenant(row);
    const key = `${owner}\n${id}`;
    const end = ends[row]!;
    const start = end - (durations?.[row] ?? 0n);
    let request = requests.get(key);
    if (!request) {
      request = newRequest(owner, id, start, end);
      requests.set(key, request);
    }
    if (start < request.started) request.started = start;
    if (end > request.ended) request.ended = end;
    const told_verdict = verdict(row);
    if (told_verdict > request.verdict) request.verdict = told_verdict;
    if (request.trace_id === '' && trace) request.trace_id = traceOf(trace, row);
    sums(request, row);
    if (stage(row) !== '' && boundary(row) === '') request.stages++;
    if (spans(row)) request.spans++;
    if (source(row) & 4) request.imported = 1;
    inherit(request, told, toldNumbers, row);
    if (request.loras.length === 0 && loras) request.loras = loras(row) as unknown[];
    if (imageId(row) !== '' && stage(row) !== '') picture(images, request, row, imageId(row), end);
  }
}

function newRequest(tenant: string, request_id: string, started: bigint, ended: bigint): Request {
  return {
    tenant,
    request_id,
    trace_id: '',
    started,
    ended,
    verdict: 0n,
    queue_wait_ms: 0,
    cost_usd: 0,
    gpu_seconds: 0,
    images: 0,
    stages: 0,
    spans: 0,
    imported: 0,
    loras: [],
    told: {},
  };
}

const NO_TRACE = '0'.repeat(32);

function traceOf(trace: FixedView, row: number): string {
  const hex = trace.hex(row);
  return hex === NO_TRACE ? '' : hex;
}

function inherit(
  request: Request,
  texts: readonly (readonly [string, TextReader])[],
  numbers: readonly (readonly [string, FixedView | undefined])[],
  row: number,
): void {
  const told = request.told;
  for (const [name, read] of texts) {
    if (told[name] !== undefined) continue;
    const value = read(row);
    if (value !== '') told[name] = value;
  }
  for (const [name, column] of numbers) {
    if (!column || told[name] !== undefined) continue;
    const value = column.values[row]!;
    if (value !== 0 && value !== 0n) told[name] = value;
  }
}

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

/** Whether the row is a span. */
function spanReader(columns: Columns): (row: number) => boolean {
  const id = columns.fixed('span_id');
  const boundary = columns.text('boundary');
  return (row) => id !== undefined && boundary(row) === '' && id.raw(row).some((byte) => byte !== 0);
}

/** What a row says of the end of its request; 0 where it says nothing. */
function verdictReader(columns: Columns, ends: BigInt64Array): (row: number) => bigint {
  const outcome = columns.text('outcome');
  const stage = columns.text('pipeline_stage');
  const boundary = columns.text('boundary');
  const error = columns.text('error_code');
  const status = columns.number('status');
  const source = columns.number('source');
  const parent = columns.fixed('parent_span_id');
  return (row) => {
    const told = outcome(row);
    const isRoot =
      (source(row) & 1) === 1 && boundary(row) === '' && !parent?.raw(row).some((byte) => byte !== 0);
    const delivered =
      boundary(row) === 'deliver_complete' || (stage(row) === 'deliver' && boundary(row) === '');
    if (told === '' && !delivered && !isRoot) return 0n;
    const ms = Number(ends[row]! / 1_000_000n);
    if (told !== '') return verdictOf(source(row) & 8 ? RANK.sweeper : RANK.explicit, ms, told);
    const code = error(row) || (status(row) === 2 ? 'internal' : '');
    return verdictOf(delivered ? RANK.deliver : RANK.root_span, ms, outcomeOfError(code));
  };
}

type PictureWriter = (images: BlockBuilder, request: Request, row: number, id: string, end: bigint) => void;

function pictureReader(columns: Columns, seg: bigint): PictureWriter {
  const texts = [...INHERITED, ...PICTURE].map((name) => [name, columns.text(name)] as const);
  const numbers = [...INHERITED_NUMBERS, 'denoise', 'nsfw'].map(
    (name) => [name, columns.fixed(name)] as const,
  );
  const lists = (['loras', 'lora_weights'] as const).map((name) => [name, columns.any(name)] as const);
  const sequence = columns.text('sequence_id');
  const consentAt = columns.fixed('consent_at');
  const part = columns.fixed('part');
  return (images, request, row, image_id, end) => {
    const out: Record<string, unknown> = {
      tenant: request.tenant,
      image_id,
      timestamp: end,
      request_id: request.request_id,
      sequence_id: sequence(row),
      kind: sequence(row) === '' ? 'image' : 'frame',
      part: Number(part?.values[row] ?? 0) * 86_400_000,
      seg,
    };
    if (request.trace_id) out.trace_id = request.trace_id;
    for (const [name, read] of texts)
      if (images.has(imageColumn(name)) && read(row) !== '') out[imageColumn(name)] = read(row);
    for (const [name, column] of numbers) if (column && images.has(name)) out[name] = column.values[row];
    for (const [name, read] of lists) if (read) out[name] = read(row);
    if (consentAt) out.consent_at = Number(consentAt.values[row]);
    images.append(out);
  };
}

const imageColumn = (name: string): string => (name === 'image_uri' ? 'uri' : name);

function requestRows(requests: ReadonlyMap<string, Request>, seg: bigint, day: number): BlockBuilder {
  const builder = new BlockBuilder(tableOf('requests'));
  for (const { told, loras, trace_id, ...request } of requests.values())
    builder.append({
      ...request,
      ...told,
      ...(trace_id && { trace_id }),
      ...(loras.length > 0 && { loras }),
      part: day * 86_400_000,
      seg,
    });
  return builder;
}

function idsOf(requests: ReadonlyMap<string, Request>): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { tenant, request_id } of requests.values()) {
    const set = ids.get(tenant) ?? new Set();
    set.add(request_id);
    ids.set(tenant, set);
  }
  return ids;
}
