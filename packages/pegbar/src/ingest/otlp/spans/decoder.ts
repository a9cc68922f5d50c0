/**
 * The hot path: the bytes of an ExportTraceServiceRequest become rows of `spans` and `span_events` in one pass,
 * without objects in between.
 *
 * Per span: its *outline* is read (where the parts lie, which key each attribute has), then it is judged by ids,
 * times, tenant and fingerprint, and only an accepted span touches a column. So nothing has to be taken back for a
 * span that is rejected or a duplicate. A malformed request throws; the caller rolls blocks and windows back.
 */
import { utf8 } from '../../../native/index.ts';
import { checkPair, checkSpan } from './check.ts';
import { type Fingerprint, fingerprintWords } from './fingerprint.ts';
import { ValueTexts } from './json-value.ts';
import { KeyTable } from './keys.ts';
import { FUTURE_NS, MAX_MESSAGES, MAX_NAME_BYTES, MAX_SPANS, MIN_END_NS } from './limits.ts';
import { Outline } from './outline.ts';
import { checkResource, type Resource, Resources } from './resources.ts';
import * as role from './roles.ts';
import { Rows, type SpanBlocks } from './rows.ts';
import { type Decoded, Tally } from './tally.ts';
import { DEFAULT_TENANT, type Tenant, type TenantSource, Tenants } from './tenants.ts';
import { cutLength, textOf } from './text.ts';
import { STRING, Value } from './value.ts';
import { malformed, Wire } from './wire.ts';
import { SpanWriter } from './writer.ts';

export interface SpanContext {
  /** The tenant that the key fixes; null where the body's own counts. */
  tenant: string | null;
  /** Wall clock at arrival, milliseconds since the epoch. */
  receivedMs: number;
}

export interface SpanDecoderOptions extends TenantSource {
  /** US dollars per second of a GPU type; 0 where unknown. */
  gpuPrice(gpuType: string): number;
}

export interface SpanDecoder {
  /** Appends the request's rows. Throws MalformedError, and then the caller rolls blocks and windows back. */
  decode(body: Uint8Array, blocks: SpanBlocks, context: SpanContext): Decoded;
}

const TENANT = role.columnIndex('tenant');
const USER = role.columnIndex('user_hash');
const WORD = 0x1_0000_0000;

export function createSpanDecoder(options: SpanDecoderOptions): SpanDecoder {
  return new Decoder(options);
}

class Decoder implements SpanDecoder {
  private readonly wire = new Wire();
  private readonly joined = new Wire();
  private readonly tally = new Tally();
  private readonly texts = new ValueTexts();
  private readonly keys = new KeyTable(role.spanRole);
  private readonly outline = new Outline();
  private readonly value = new Value();
  private readonly mark: Fingerprint = { lo: 0, hi: 0 };
  private readonly tenants: Tenants;
  private readonly resources: Resources;
  private readonly writer: SpanWriter;
  /** The builders alternate between two groups; a third means that a builder was made anew. */
  private readonly known: Rows[] = [];

  private rows!: Rows;
  private fixed: Tenant | null = null;
  private latestNs = 0;
  private resource!: Resource;
  private scopeId = 0;
  /** ResourceSpans, ScopeSpans and spans met in this request. */
  private messages = 0;
  private readonly scope: Scope = { name: '', version: '' };
  private readonly late: Scope = { name: '', version: '' };

  constructor(options: SpanDecoderOptions) {
    this.tenants = new Tenants(options);
    this.resources = new Resources(this.texts);
    this.writer = new SpanWriter(this.outline, this.keys, this.tally, this.texts, options.gpuPrice);
  }

  decode(body: Uint8Array, blocks: SpanBlocks, context: SpanContext): Decoded {
    const { wire, tally, tenants } = this;
    wire.load(body);
    tally.reset();
    this.texts.cut = 0;
    tenants.begin();
    this.messages = 0;
    this.rows = this.rowsOf(blocks);
    this.writer.begin(this.rows);
    this.fixed = context.tenant === null ? null : tenants.ofName(context.tenant);
    this.latestNs = context.receivedMs * 1e6 + FUTURE_NS;
    const end = body.length;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag === 0x0a) {
        const length = wire.length(end);
        const next = wire.at + length;
        this.resourceSpans(wire.at, next);
        wire.at = next;
      } else {
        wire.skipUnknown(tag, end, 1);
      }
    }
    tally.truncated += this.texts.cut;
    return tally.result();
  }

  private rowsOf(blocks: SpanBlocks): Rows {
    const known = this.known.find((rows) => rows.spans === blocks.spans && rows.events === blocks.events);
    if (known !== undefined) return known;
    if (this.known.length >= 4) this.known.shift();
    const made = new Rows(blocks);
    this.known.push(made);
    return made;
  }

  /** The resource may stand behind the spans, so it is looked for first. */
  private resourceSpans(start: number, end: number): void {
    const { wire } = this;
    let at = 0;
    let size = 0;
    let parts: Uint8Array[] | undefined;
    let scopes = 0;
    this.count();
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a) {
        wire.skipUnknown(tag, end, 3);
        continue;
      }
      const length = wire.length(end);
      if (tag === 0x0a) {
        // A message that comes in parts is the concatenation of them.
        if (at > 0) {
          parts ??= [wire.bytes.subarray(at, at + size)];
          parts.push(wire.bytes.subarray(wire.at, wire.at + length));
        }
        at = wire.at;
        size = length;
      } else if (tag === 0x12 && length > 0) {
        scopes++;
      }
      wire.at += length;
    }
    if (scopes === 0 && parts === undefined) {
      checkResource(wire, at, at + size);
      return;
    }
    if (parts === undefined) {
      this.resource = this.resources.of(wire, at, size);
    } else {
      this.joined.load(Buffer.concat(parts));
      this.resource = this.resources.of(this.joined, 0, this.joined.bytes.length);
    }
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag !== 0x12) {
        wire.skip(tag, end);
        continue;
      }
      const length = wire.length(end);
      const next = wire.at + length;
      this.scopeSpans(wire.at, next);
      wire.at = next;
    }
  }

  private scopeSpans(start: number, end: number): void {
    const { wire, outline, keys } = this;
    this.scope.name = this.scope.version = '';
    this.count();
    let known = false;
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a) {
        wire.skipUnknown(tag, end, 3);
        continue;
      }
      const length = wire.length(end);
      const next = wire.at + length;
      if (tag === 0x12) {
        // The scope nearly always stands first; where it does not, it is looked for behind the spans.
        if (!known && this.scope.name === '') this.findScope(next, end);
        if (!known) this.scopeId = this.rows.scope.dictionary.idOfText(scopeText(this.scope));
        known = true;
        this.count();
        keys.trim();
        outline.read(wire, keys, next - length, next);
        this.span();
      } else if (tag === 0x0a) {
        // A part of the scope between spans is checked, and too late to be told.
        readScope(wire, next, known ? this.late : this.scope);
      }
      wire.at = next;
    }
  }

  /** Reads the scopes among the fields [start, end) of a ScopeSpans. */
  private findScope(start: number, end: number): void {
    const { wire, scope } = this;
    wire.at = start;
    while (wire.at < end) {
      const tag = wire.tag(end);
      if (tag !== 0x0a) {
        wire.skip(tag, end);
        continue;
      }
      const length = wire.length(end);
      const next = wire.at + length;
      readScope(wire, next, scope);
      wire.at = next;
    }
  }

  private count(): void {
    if (++this.messages > MAX_MESSAGES) malformed(`more than ${MAX_MESSAGES} messages; send smaller batches`);
  }

  /** Judges the span of the outline, and writes it if nothing speaks against it. */
  private span(): void {
    const { tally, wire, outline, mark } = this;
    const reason = this.fault();
    if (reason !== undefined) {
      tally.reject(reason);
      checkSpan(wire, outline);
      return;
    }
    const tenant = this.tenantOf();
    const user = this.userOf(tenant);
    if (tenant.optedOut[user] === 1) {
      tally.optedOut++;
      checkSpan(wire, outline);
      return;
    }
    const { view } = wire;
    const { traceAt, spanAt } = outline;
    fingerprintWords(
      view.getInt32(traceAt, true),
      view.getInt32(traceAt + 4, true),
      view.getInt32(traceAt + 8, true),
      view.getInt32(traceAt + 12, true),
      view.getInt32(spanAt, true),
      view.getInt32(spanAt + 4, true),
      mark,
    );
    if (!tenant.window.add(mark.lo, mark.hi)) {
      tally.duplicates++;
      checkSpan(wire, outline);
      return;
    }
    this.writer.write(wire, tenant, user, this.resource, this.scopeId);
  }

  private fault(): string | undefined {
    const { outline, wire, tally } = this;
    const { traceAt, spanAt } = outline;
    if (traceAt < 0 || isZero(wire, traceAt, 16)) return 'trace id is not 16 bytes or all zero';
    if (spanAt < 0 || isZero(wire, spanAt, 8)) return 'span id is not 8 bytes or all zero';
    if (outline.badParent) return 'parent span id is neither empty nor 8 bytes';
    const endNs = (outline.endHi >>> 0) * WORD + (outline.endLo >>> 0);
    if (endNs < MIN_END_NS) return 'end time is missing or before 1990; send nanoseconds since the epoch';
    if (endNs > this.latestNs) return 'end time is more than 24 h ahead of the server';
    if (tally.spans >= MAX_SPANS) return `more than ${MAX_SPANS} spans in one request; send smaller batches`;
    return undefined;
  }

  /** The key's tenant, else the span's own, else the resource's, else `default`. */
  private tenantOf(): Tenant {
    const { outline, value, wire, tenants, tally, resource, fixed } = this;
    const told = outline.has(TENANT);
    if (fixed !== null && !told) {
      if (resource.tenant !== undefined && resource.tenant !== fixed.name) tally.overriddenTenants++;
      return fixed;
    }
    if (!told) return this.counted(tenants.ofName(resource.tenant ?? DEFAULT_TENANT));
    const index = outline.owners[TENANT]!;
    value.read(wire, outline.starts[index]!, outline.ends[index]!);
    if (fixed !== null) {
      if (!fixed.isCalled(wire, value)) tally.overriddenTenants++;
      return fixed;
    }
    if (value.kind === STRING) return this.counted(tenants.ofBytes(wire, value.start, value.length));
    return this.counted(tenants.ofName(this.texts.plain(wire, value)));
  }

  /** Index of the span's user among the tenant's; 0 where none is told. */
  private userOf(tenant: Tenant): number {
    const { outline, value, wire, joined } = this;
    if (!outline.has(USER)) return 0;
    const index = outline.owners[USER]!;
    value.read(wire, outline.starts[index]!, outline.ends[index]!);
    if (value.kind === STRING) return tenant.user(wire, value.start, value.length);
    const text = utf8.encode(this.texts.plain(wire, value));
    joined.load(text);
    return tenant.user(joined, 0, text.length);
  }

  private counted(tenant: Tenant): Tenant {
    if (this.tenants.bad) this.tally.badTenants++;
    return tenant;
  }
}

interface Scope {
  name: string;
  version: string;
}

function scopeText({ name, version }: Scope): string {
  return version === '' ? name : `${name}@${version}`;
}

/** Reads an InstrumentationScope up to `end`; its attributes are checked for form and not kept. */
function readScope(wire: Wire, end: number, into: Scope): void {
  while (wire.at < end) {
    const tag = wire.tag(end);
    if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
      const length = wire.length(end);
      const next = wire.at + length;
      const kept = cutLength(wire, wire.at, length, MAX_NAME_BYTES);
      if (tag === 0x0a) into.name = textOf(wire, wire.at, kept);
      else if (tag === 0x12) into.version = textOf(wire, wire.at, kept);
      else checkPair(wire, wire.at, next);
      wire.at = next;
    } else if (tag === 0x20) {
      wire.varint(end);
    } else {
      wire.skipUnknown(tag, end, 4);
    }
  }
}

function isZero(wire: Wire, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 4) if (wire.view.getInt32(at, true) !== 0) return false;
  return true;
}
