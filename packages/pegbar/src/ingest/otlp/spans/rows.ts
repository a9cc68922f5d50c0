/** The columns of one pair of blocks, looked up once, and what is remembered about their dictionaries. */
import {
  type ArrayColumn,
  type BlockBuilder,
  type ColumnBuilder,
  DictionaryColumn,
  FixedColumn,
  fromUtf8,
  type MapColumn,
  type NullableColumn,
  StringColumn,
} from '../../../native/index.ts';
import { columnIndex } from './roles.ts';
import { appendText } from './text.ts';
import type { Wire } from './wire.ts';

export interface SpanBlocks {
  spans: BlockBuilder;
  events: BlockBuilder;
}

/** Tags that a boundary row takes over from its span. The stage is not among them: stages count rows by it. */
const BOUNDARY_TAGS = [
  'tenant',
  'trace_id',
  'span_ids',
  'source',
  'request_id',
  'region',
  'workload',
  'model_version',
  'hardware_class',
  'traffic_source',
  'model_family',
  'image_id',
  'sequence_id',
  'session_id',
  'user_hash',
  'attempt',
  'service',
  'scope',
  'resource',
] as const;

export class Rows {
  readonly spans: BlockBuilder;
  readonly events: BlockBuilder;
  /** Builders by column index of `spans`. */
  readonly columns: ColumnBuilder[];

  readonly tenant: DictionaryColumn;
  readonly timestamp: FixedColumn;
  readonly duration: FixedColumn;
  readonly traceId: FixedColumn;
  /** Four words: the span's id, then its parent's. */
  readonly spanIds: FixedColumn;
  readonly source: FixedColumn;
  readonly status: FixedColumn;
  readonly kind: FixedColumn;
  readonly name: DictionaryColumn;
  readonly service: DictionaryColumn;
  readonly scope: DictionaryColumn;
  readonly resource: DictionaryColumn;
  readonly traceState: StringColumn;
  readonly links: StringColumn;
  readonly boundary: StringColumn;
  readonly attributes: MapColumn;
  readonly userHash: FixedColumn;

  readonly eventTenant: DictionaryColumn;
  readonly eventTimestamp: FixedColumn;
  readonly eventTraceId: FixedColumn;
  readonly eventSpanId: FixedColumn;
  readonly eventName: DictionaryColumn;
  readonly eventAttributes: MapColumn;
  private readonly tags: ColumnBuilder[];

  private lastTenant = '';
  private lastTenantId = 0;
  private tenantGeneration = -1;
  private lastEventTenant = '';
  private lastEventTenantId = 0;
  private eventTenantGeneration = -1;

  constructor({ spans, events }: SpanBlocks) {
    this.spans = spans;
    this.events = events;
    this.columns = spans.table.columns.map(({ name }) => spans.column(name));
    this.tenant = spans.column('tenant');
    this.timestamp = spans.column('timestamp');
    this.duration = spans.column('duration_ns');
    this.traceId = spans.column('trace_id');
    this.spanIds = spans.column('span_ids');
    this.source = spans.column('source');
    this.status = spans.column('status');
    this.kind = spans.column('kind');
    this.name = spans.column('name');
    this.service = spans.column('service');
    this.scope = spans.column('scope');
    this.resource = spans.column('resource');
    this.traceState = spans.column('trace_state');
    this.links = spans.column('links');
    this.boundary = spans.column('boundary');
    this.attributes = spans.column('attributes');
    this.userHash = spans.column('user_hash');
    this.eventTenant = events.column('tenant');
    this.eventTimestamp = events.column('timestamp');
    this.eventTraceId = events.column('trace_id');
    this.eventSpanId = events.column('span_id');
    this.eventName = events.column('name');
    this.eventAttributes = events.column('attributes');
    this.tags = BOUNDARY_TAGS.map((name) => this.columns[columnIndex(name)]!);
  }

  dictionaryAt(column: number): DictionaryColumn {
    return this.columns[column] as DictionaryColumn;
  }

  textAt(column: number): StringColumn {
    return this.columns[column] as StringColumn;
  }

  fixedAt(column: number): FixedColumn {
    return this.columns[column] as FixedColumn;
  }

  nullableAt(column: number): NullableColumn {
    return this.columns[column] as NullableColumn;
  }

  arrayAt(column: number): ArrayColumn {
    return this.columns[column] as ArrayColumn;
  }

  /** Id of a tenant in the spans' dictionary; rows of one tenant come together. */
  tenantId(name: string): number {
    const { dictionary } = this.tenant;
    if (this.lastTenant !== name || this.tenantGeneration !== dictionary.generation) {
      this.lastTenantId = dictionary.idOfText(name);
      this.lastTenant = name;
      this.tenantGeneration = dictionary.generation;
    }
    return this.lastTenantId;
  }

  eventTenantId(name: string): number {
    const { dictionary } = this.eventTenant;
    if (this.lastEventTenant !== name || this.eventTenantGeneration !== dictionary.generation) {
      this.lastEventTenantId = dictionary.idOfText(name);
      this.lastEventTenant = name;
      this.eventTenantGeneration = dictionary.generation;
    }
    return this.lastEventTenantId;
  }

  /** The text that was written to a column last. */
  lastText(column: StringColumn): string {
    const { bytes, length } = column.data;
    const first = bytes[column.lastStart]!;
    const head = first < 128 ? 1 : 2;
    return fromUtf8.decode(bytes.subarray(column.lastStart + head, length));
  }

  /** Copies the tags of the last row, `row`, to the row behind it. Returns how many bytes of text that took. */
  copyTags(row: number): number {
    let copied = 0;
    for (const column of this.tags) {
      if (column.rows !== row + 1) continue;
      if (column instanceof DictionaryColumn) {
        column.set(row + 1, column.keys[row]!);
        copied += 4;
      } else if (column instanceof FixedColumn) {
        column.touch(row + 1);
        const { width } = column;
        column.u8.copyWithin((row + 1) * width, row * width, (row + 1) * width);
        copied += width;
      } else if (column instanceof StringColumn) {
        const { data, lastStart: start } = column;
        const length = data.length - start;
        column.open(row + 1, length);
        data.bytes.copyWithin(data.length, start, start + length);
        data.length += length;
        copied += length;
      }
    }
    return copied;
  }
}

/** Id of the bytes in a column's dictionary. The last id is tried first; bad UTF-8 is repaired before it enters. */
export function intern(column: DictionaryColumn, wire: Wire, start: number, length: number): number {
  const { dictionary } = column;
  if (dictionary.holds(column.last, wire.view, start, length)) return column.last;
  let id = dictionary.find(wire.view, start, length);
  if (id < 0) id = dictionary.idOfUtf8(wire.bytes, wire.view, start, length);
  column.last = id;
  return id;
}

/** Writes the bytes as the row's text; bad UTF-8 is repaired. */
export function setText(column: StringColumn, row: number, wire: Wire, start: number, length: number): void {
  column.open(row, length);
  appendText(column.data, wire, start, length);
}
