/** One accepted span → one row, plus a row per boundary event. */
import { ErrorWords } from './error-words.ts';
import { EventWriter } from './events.ts';
import { FreeAttributes } from './free.ts';
import { checkAnyValue, type ValueTexts } from './json-value.ts';
import type { KeyTable } from './keys.ts';
import { MAX_COPIED_BYTES, MAX_NAME_BYTES, MAX_TEXT_BYTES } from './limits.ts';
import { LinkTexts } from './links.ts';
import type { Outline } from './outline.ts';
import { Promoter } from './promote.ts';
import type { Resource } from './resources.ts';
import * as role from './roles.ts';
import { intern, type Rows, setText } from './rows.ts';
import type { Tally } from './tally.ts';
import type { Tenant } from './tenants.ts';
import { cutLength, guardedName } from './text.ts';
import { Value } from './value.ts';
import type { Wire } from './wire.ts';

const WORD = 0x1_0000_0000;
const GPU_SECONDS = role.columnIndex('gpu_seconds');
const GPU_COUNT = role.columnIndex('gpu_count');
const IMAGES = role.columnIndex('images');
const IMAGE_ID = role.columnIndex('image_id');
const GPU_TYPE = role.columnIndex('gpu_type');
const COST = role.columnIndex('cost_usd');
const REDACTIONS = role.columnIndex('redactions');
const ERROR_CODE = role.columnIndex('error_code');
const ERROR_MESSAGE = role.columnIndex('error_message');

/** OTLP's status code for an error. */
const STATUS_ERROR = 2;
const TOLD_BY_SPAN = 1;
/** A row of its own for a boundary event. */
const BOUNDARY = 16;

export class SpanWriter {
  readonly promoter: Promoter;
  rows!: Rows;
  /** Bytes of text that this request copied from one place of it to many rows. */
  copied = 0;
  private readonly outline: Outline;
  private readonly keys: KeyTable;
  private readonly tally: Tally;
  private readonly texts: ValueTexts;
  private readonly free: FreeAttributes;
  private readonly links: LinkTexts;
  private readonly events: EventWriter;
  private readonly errors = new ErrorWords();
  private readonly value = new Value();
  private readonly gpuPrice: (gpuType: string) => number;

  constructor(
    outline: Outline,
    keys: KeyTable,
    tally: Tally,
    texts: ValueTexts,
    gpuPrice: (gpuType: string) => number,
  ) {
    this.outline = outline;
    this.keys = keys;
    this.tally = tally;
    this.texts = texts;
    this.gpuPrice = gpuPrice;
    this.promoter = new Promoter(outline, tally, texts, this.errors);
    this.free = new FreeAttributes(tally, texts);
    this.links = new LinkTexts(texts);
    this.events = new EventWriter(tally, this.free);
  }

  begin(rows: Rows): void {
    this.rows = rows;
    this.promoter.rows = rows;
    this.copied = 0;
  }

  write(wire: Wire, tenant: Tenant, user: number, resource: Resource, scopeId: number): void {
    const { rows, outline, promoter, tally } = this;
    const row = rows.spans.rows;
    const tenantId = rows.tenantId(tenant.name);
    this.head(wire, row, tenantId, tenant);
    if (user > 0) {
      rows.userHash.touch(row);
      rows.userHash.i32[row * 2] = tenant.words[user * 2]!;
      rows.userHash.i32[row * 2 + 1] = tenant.words[user * 2 + 1]!;
    }
    const seconds = this.times(row);
    promoter.begin(tenant, seconds * 1000);
    tally.redactions += resource.write(rows, tenant, row);
    rows.scope.set(row, scopeId);
    this.attributes(wire, tenant, row);
    if (resource.defaults.length > 0) this.defaults(resource, row);
    this.rest(wire, tenant, row);
    rows.spans.rows = row + 1;
    const { events } = this;
    events.begin(rows, outline, tenant);
    if (outline.events.count > 0) events.write(wire, outline.events, row);
    this.finish(wire, row, seconds);
    if (events.boundaries > 0) this.boundaries(wire, row);
    tally.spans++;
  }

  private head(wire: Wire, row: number, tenantId: number, tenant: Tenant): void {
    const { rows, outline } = this;
    const { view } = wire;
    rows.tenant.set(row, tenantId);
    const { traceId, spanIds } = rows;
    traceId.touch(row);
    const trace = traceId.i32;
    const at = outline.traceAt;
    trace[row * 4] = view.getInt32(at, true);
    trace[row * 4 + 1] = view.getInt32(at + 4, true);
    trace[row * 4 + 2] = view.getInt32(at + 8, true);
    trace[row * 4 + 3] = view.getInt32(at + 12, true);
    spanIds.touch(row);
    const ids = spanIds.i32;
    ids[row * 4] = view.getInt32(outline.spanAt, true);
    ids[row * 4 + 1] = view.getInt32(outline.spanAt + 4, true);
    if (outline.parentAt >= 0) {
      ids[row * 4 + 2] = view.getInt32(outline.parentAt, true);
      ids[row * 4 + 3] = view.getInt32(outline.parentAt + 4, true);
    }
    rows.source.touch(row);
    rows.source.u8[row] = TOLD_BY_SPAN;
    rows.kind.touch(row);
    rows.kind.u8[row] = outline.kind;
    rows.status.touch(row);
    rows.status.u8[row] = outline.status;
    const length = cutLength(wire, outline.nameAt, outline.nameLength, MAX_NAME_BYTES);
    if (length < outline.nameLength) this.tally.truncated++;
    const name = guardedName(wire, outline.nameAt, length, tenant.protector);
    if (name === null) rows.name.set(row, intern(rows.name, wire, outline.nameAt, length));
    else rows.name.push(row, name);
  }

  /** Writes end and duration; returns the duration in seconds. */
  private times(row: number): number {
    const { rows, outline } = this;
    const { startLo, startHi, endLo, endHi } = outline;
    rows.timestamp.touch(row);
    rows.timestamp.i32[row * 2] = endLo;
    rows.timestamp.i32[row * 2 + 1] = endHi;
    // A start of zero is not told: the span then has no duration.
    if ((startLo | startHi) === 0) return 0;
    const lo = (endLo - startLo) | 0;
    const hi = (endHi - startHi - (endLo >>> 0 < startLo >>> 0 ? 1 : 0)) | 0;
    // Also for starts from 2^63 on, which are later than any end that is taken.
    if (hi < 0 || startHi < 0) {
      this.tally.endedBeforeStart++;
      return 0;
    }
    rows.duration.touch(row);
    rows.duration.i32[row * 2] = lo;
    rows.duration.i32[row * 2 + 1] = hi;
    return (hi * WORD + (lo >>> 0)) / 1e9;
  }

  private attributes(wire: Wire, tenant: Tenant, row: number): void {
    const { outline, keys, value, promoter, free, rows, tally } = this;
    const map = rows.attributes;
    const first = map.entries;
    for (let index = 0; index < outline.count; index++) {
      const id = outline.keys[index]!;
      if (id < 0) {
        checkAnyValue(wire, outline.starts[index]!, outline.ends[index]!);
        continue;
      }
      value.read(wire, outline.starts[index]!, outline.ends[index]!);
      const kind = keys.kinds[id]!;
      const column = keys.columns[id]!;
      if (column >= 0 && outline.owners[column] === index && promoter.write(wire, value, kind, column, row))
        continue;
      free.add(map, first, keys, id, kind, wire, value, tenant);
    }
    if (map.entries > first) map.close(row);
    tally.attributes += outline.over;
    tally.repeated += outline.repeated;
  }

  private defaults(resource: Resource, row: number): void {
    for (const { kind, column, value, bytes } of resource.defaults) {
      if (this.outline.has(column)) continue;
      if (this.copied + bytes > MAX_COPIED_BYTES) {
        this.tally.copies++;
        continue;
      }
      this.copied += bytes;
      this.promoter.write(resource.wire, value, kind, column, row);
    }
  }

  /** Trace state and links. */
  private rest(wire: Wire, tenant: Tenant, row: number): void {
    const { outline, rows, tally, links, promoter } = this;
    if (outline.stateLength > 0) {
      const length = cutLength(wire, outline.stateAt, outline.stateLength, MAX_TEXT_BYTES);
      if (length < outline.stateLength) tally.truncated++;
      setText(rows.traceState, row, wire, outline.stateAt, length);
    }
    if (outline.links.count > 0) {
      links.redactions = 0;
      rows.links.push(row, links.json(wire, outline.links, tenant));
      promoter.redactions += links.redactions;
      tally.links += outline.links.over;
    }
  }

  /** What follows from the rest of the span: errors, GPU time, cost, the number of redactions. */
  private finish(wire: Wire, row: number, seconds: number): void {
    const { promoter, outline, free, texts, tally, rows } = this;
    this.error(wire, row);
    if (promoter.generates && seconds > 0 && !outline.has(GPU_SECONDS)) {
      const column = rows.fixedAt(GPU_SECONDS);
      column.touch(row);
      column.f32[row] = seconds;
    }
    if (!outline.has(COST)) this.cost(row);
    if (promoter.generates && !outline.has(IMAGES)) this.picture(row);
    promoter.redactions += free.redactions;
    free.redactions = 0;
    if (promoter.redactions > 0) {
      const column = rows.fixedAt(REDACTIONS);
      column.touch(row);
      column.u16[row] = Math.min(column.u16[row]! + promoter.redactions, 0xffff);
      tally.redactions += promoter.redactions;
    }
    tally.truncated += texts.cut;
    texts.cut = 0;
  }

  /** A generate stage that names a picture made that one, as with events. */
  private picture(row: number): void {
    const { rows } = this;
    if (rows.textAt(IMAGE_ID).rows !== row + 1 || rows.textAt(ERROR_CODE).rows === row + 1) return;
    const column = rows.fixedAt(IMAGES);
    column.touch(row);
    column.i32[row] = 1;
  }

  private cost(row: number): void {
    const { rows } = this;
    const type = rows.textAt(GPU_TYPE);
    const seconds = rows.fixedAt(GPU_SECONDS);
    if (type.rows !== row + 1 || seconds.rows !== row + 1) return;
    const count = rows.fixedAt(GPU_COUNT);
    const price = this.gpuPrice(rows.lastText(type));
    const gpus = count.rows === row + 1 ? Math.max(1, count.u16[row]!) : 1;
    const usd = seconds.f32[row]! * gpus * price;
    if (!(usd > 0) || !Number.isFinite(usd)) return;
    const column = rows.fixedAt(COST);
    column.touch(row);
    column.f64[row] = usd;
  }

  /** The first word that says more than `internal` decides: the attribute, the exception's class or message, the status. */
  private error(wire: Wire, row: number): void {
    const { outline, promoter, rows, errors, events } = this;
    if (outline.status !== STATUS_ERROR && promoter.errorCode === '') return;
    let code = promoter.errorCode;
    if (code === '' || code === 'internal') {
      const { typeAt, typeLength, textAt, textLength } = events;
      code = 'internal';
      if (typeLength > 0) code = errors.codeOf(wire, typeAt, typeLength);
      if (code === 'internal' && textLength > 0) code = errors.codeOf(wire, textAt, textLength);
      if (code === 'internal' && outline.messageLength > 0)
        code = errors.codeOf(wire, outline.messageAt, outline.messageLength);
    }
    rows.textAt(ERROR_CODE).push(row, code);
    if (outline.messageLength === 0 || outline.has(ERROR_MESSAGE)) return;
    const length = cutLength(wire, outline.messageAt, outline.messageLength, MAX_TEXT_BYTES);
    if (length < outline.messageLength) this.tally.truncated++;
    promoter.writeGuarded(ERROR_MESSAGE, wire, outline.messageAt, length, row);
  }

  /** A row per boundary event: the ids and tags of the span, the time of the event. */
  private boundaries(wire: Wire, row: number): void {
    const { rows, events, tally } = this;
    for (let index = 0; index < events.boundaries; index++) {
      if (this.copied > MAX_COPIED_BYTES) {
        tally.copies++;
        continue;
      }
      const at = row + index;
      this.copied += rows.copyTags(at);
      rows.source.u8[at + 1]! |= BOUNDARY;
      rows.timestamp.touch(at + 1);
      rows.timestamp.i32[at * 2 + 2] = events.times[index * 2]!;
      rows.timestamp.i32[at * 2 + 3] = events.times[index * 2 + 1]!;
      const start = events.names[index * 2]!;
      const length = events.names[index * 2 + 1]!;
      rows.name.set(at + 1, intern(rows.name, wire, start, length));
      setText(rows.boundary, at + 1, wire, start, length);
      rows.spans.rows = at + 2;
    }
  }
}
