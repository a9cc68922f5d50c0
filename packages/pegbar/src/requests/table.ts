/**
 * The requests of one fold, column by column. Objects per request, with a list of values each, were two thirds of
 * the fold's time: they outlive the young generation of the garbage collector, all at once, log after log.
 */
import { tableOf } from '@pegbar/contract';
import { BlockBuilder, type FixedColumn } from '../native/index.ts';
import { INHERITED, INHERITED_NUMBERS } from './inherited.ts';

const DAY_MS = 86_400_000;
const FIRST_CAPACITY = 256;
/** Requests whose rows are made in one step. */
const STEP = 4096;

export const SUMS = [
  'queue_wait_ms',
  'cost_usd',
  'gpu_seconds',
  'images',
  'stages',
  'spans',
  'imported',
] as const;
type Sum = (typeof SUMS)[number];

export class RequestTable {
  count = 0;
  readonly tenants: string[] = [];
  /** Told by the sender, or '' where the trace stands for the request. */
  readonly requestIds: string[] = [];
  readonly traceIds: string[] = [];
  readonly verdicts: bigint[] = [];
  readonly loras: (string[] | undefined)[] = [];
  readonly loraWeights: (number[] | undefined)[] = [];
  readonly attributes: (Map<string, string> | undefined)[] = [];
  /** Newest day of ingest, days since the epoch. */
  days = new Uint16Array(FIRST_CAPACITY);
  readonly sums: Record<Sum, Float64Array>;
  /** Nanoseconds as two words, low first: BigInts per row were a third of the fold's time. */
  starts = new Uint32Array(FIRST_CAPACITY * 2);
  ends = new Uint32Array(FIRST_CAPACITY * 2);
  /** By place in INHERITED; a column that no block had is not there. */
  private readonly texts: ((string | undefined)[] | undefined)[] = [];
  /** By place in INHERITED_NUMBERS: NaN, or (0, 0) in the columns of 64 bits, where nothing was told. */
  private readonly numbers: (Float64Array | undefined)[] = [];
  private readonly wides: (Uint32Array | undefined)[] = [];
  private readonly places = new Map<string, number>();
  private capacity = FIRST_CAPACITY;

  constructor() {
    this.sums = Object.fromEntries(SUMS.map((name) => [name, new Float64Array(FIRST_CAPACITY)])) as Record<
      Sum,
      Float64Array
    >;
  }

  /** Place of a request, which is begun where it is new. */
  place(tenant: string, request_id: string, trace_id: string): number {
    const key = `${tenant}\n${request_id === '' ? trace_id : request_id}`;
    const known = this.places.get(key);
    if (known !== undefined) {
      if (trace_id > this.traceIds[known]!) this.traceIds[known] = trace_id;
      return known;
    }
    const place = this.count++;
    if (place >= this.capacity) this.grow();
    this.places.set(key, place);
    this.tenants.push(tenant);
    this.requestIds.push(request_id);
    this.traceIds.push(trace_id);
    this.verdicts.push(0n);
    this.loras.push(undefined);
    this.loraWeights.push(undefined);
    this.attributes.push(undefined);
    this.starts[place * 2] = this.starts[place * 2 + 1] = 0xffff_ffff;
    return place;
  }

  /** The id under which a request is stored. */
  idOf(place: number): string {
    return this.requestIds[place] || this.traceIds[place]!;
  }

  textsAt(column: number): (string | undefined)[] {
    this.texts[column] ??= [];
    const texts = this.texts[column];
    // Filled up, so that the array stays one: a place far behind its end would make it a dictionary.
    while (texts.length < this.count) texts.push(undefined);
    return texts;
  }

  numbersAt(column: number): Float64Array {
    this.numbers[column] ??= new Float64Array(this.capacity).fill(Number.NaN);
    return this.numbers[column];
  }

  widesAt(column: number): Uint32Array {
    this.wides[column] ??= new Uint32Array(this.capacity * 2);
    return this.wides[column];
  }

  /** Visits the requests for which their trace stands. */
  eachAlone(visit: (tenant: string, trace_id: string) => void): void {
    for (let place = 0; place < this.count; place++)
      if (this.requestIds[place] === '') visit(this.tenants[place]!, this.traceIds[place]!);
  }

  ids(): Map<string, Set<string>> {
    const ids = new Map<string, Set<string>>();
    for (let place = 0; place < this.count; place++) {
      const tenant = this.tenants[place]!;
      const set = ids.get(tenant) ?? new Set();
      set.add(this.idOf(place));
      ids.set(tenant, set);
    }
    return ids;
  }

  /** From the first start to the last end of the longest request, as far as the rows tell. */
  longestMs(): number {
    const { starts, ends } = this;
    let longest = 0;
    for (let at = 0; at < this.count * 2; at += 2)
      longest = Math.max(longest, (ends[at + 1]! - starts[at + 1]!) * 2 ** 32 + ends[at]! - starts[at]!);
    return longest / 1e6;
  }

  /** Rows of `requests`, with `seg` stamped on them; steps end where others may run. */
  *rows(seg: bigint): Generator<undefined, BlockBuilder> {
    const builder = new BlockBuilder(tableOf('requests'));
    for (let from = 0; from < this.count; from += STEP) {
      const to = Math.min(from + STEP, this.count);
      this.write(builder, from, to, seg);
      yield;
      this.writeTold(builder, from, to);
      yield;
    }
    builder.rows = this.count;
    return builder;
  }

  private write(builder: BlockBuilder, from: number, to: number, seg: bigint): void {
    const [tenant, id, trace] = [
      builder.column('tenant'),
      builder.column('request_id'),
      builder.column('trace_id'),
    ];
    const [verdict, loras] = [builder.column('verdict'), builder.column('loras')];
    const [weights, attributes] = [builder.column('lora_weights'), builder.column('attributes')];
    const [part, stamp] = [builder.column('part'), builder.column('seg')];
    const [started, ended] = [builder.column<FixedColumn>('started'), builder.column<FixedColumn>('ended')];
    for (let row = from; row < to; row++) {
      const [request, traceId] = [this.requestIds[row]!, this.traceIds[row]!];
      tenant.push(row, this.tenants[row]);
      id.push(row, request || traceId);
      // The id tells the trace where the trace stands for the request.
      if (traceId !== '' && request !== '' && request !== traceId) trace.push(row, traceId);
      if (this.verdicts[row] !== 0n) verdict.push(row, this.verdicts[row]);
      if (this.loras[row]) loras.push(row, this.loras[row]);
      if (this.loraWeights[row]) weights.push(row, this.loraWeights[row]);
      const told = this.attributes[row];
      if (told) attributes.push(row, Object.fromEntries(told));
      part.push(row, this.days[row]! * DAY_MS);
      stamp.push(row, seg);
    }
    writeWords(started, this.starts, from, to);
    writeWords(ended, this.ends, from, to);
    for (const name of SUMS) {
      const [column, sums] = [builder.column(name), this.sums[name]];
      for (let row = from; row < to; row++) if (sums[row] !== 0) column.push(row, sums[row]);
    }
  }

  /** What was told of the requests, and the greatest of it stayed. */
  private writeTold(builder: BlockBuilder, from: number, to: number): void {
    INHERITED.forEach((name, at) => {
      const [column, values] = [builder.column(name), this.texts[at]];
      if (values)
        for (let row = from; row < to; row++) if (values[row] !== undefined) column.push(row, values[row]);
    });
    INHERITED_NUMBERS.forEach((name, at) => {
      const column = builder.column<FixedColumn>(name);
      const [values, wide] = [this.numbers[at], this.wides[at]];
      if (wide) writeWords(column, wide, from, to);
      if (values)
        for (let row = from; row < to; row++) if (!Number.isNaN(values[row])) column.push(row, values[row]);
    });
  }

  private grow(): void {
    const { capacity } = this;
    this.capacity *= 2;
    this.days = widened(new Uint16Array(capacity * 2), this.days);
    this.starts = widened(new Uint32Array(capacity * 4), this.starts);
    this.ends = widened(new Uint32Array(capacity * 4), this.ends);
    for (const name of SUMS) this.sums[name] = widened(new Float64Array(capacity * 2), this.sums[name]);
    this.numbers.forEach((values, at) => {
      if (values) this.numbers[at] = widened(new Float64Array(capacity * 2).fill(Number.NaN), values);
    });
    this.wides.forEach((values, at) => {
      if (values) this.wides[at] = widened(new Uint32Array(capacity * 4), values);
    });
  }
}

function widened<A extends Uint16Array | Uint32Array | Float64Array>(into: A, from: A): A {
  into.set(from);
  return into;
}

/** Writes values of 64 bits, given as words, where they are not zero. */
function writeWords(column: FixedColumn, words: Uint32Array, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    const [lo, hi] = [words[row * 2]!, words[row * 2 + 1]!];
    if (lo === 0 && hi === 0) continue;
    column.touch(row);
    column.i32[row * 2] = lo;
    column.i32[row * 2 + 1] = hi;
  }
}
