import { createHash } from 'node:crypto';
import {
  canonicalText,
  type ErrorCode,
  type PegbarRecord,
  parseExactJson,
  parseLine,
  parseRecord,
  type RecordProblem,
} from '@pegbar/contract';
import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import type { Protector } from '../../privacy/index.ts';
import type { Intake } from '../intake.ts';
import { type Fingerprint, fingerprintHex } from '../otlp/spans/fingerprint.ts';
import { writeRows } from './rows.ts';

export interface EventVerdict {
  accepted: number;
  duplicates: number;
  rejected: { line: number; code: ErrorCode; field: string; message: string }[];
}

export interface EventContext {
  /** The tenant that the key fixes, or null where the body's own counts. */
  tenant: string | null;
  /** Name of the import: its ids are looked up in the store too, however long ago they came. */
  import?: string;
}

export interface EventIntakeOptions {
  intake: Intake;
  clock: Clock;
  counters: Counters;
  protectorOf(tenant: string): Protector;
  gpuPrice(gpuType: string): number;
  /** Which of the ids an earlier import stored. */
  knownImports(tenant: string, ids: readonly bigint[]): Promise<ReadonlySet<bigint>>;
}

/** Beyond it a sender's clock is wrong: a row dated later would not show in any window. */
const FUTURE_MS = 24 * 3600_000;
/** Names of tenants, as access/ has them; a body's name that breaks them is refused. */
const TENANT_NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** Rejections that are answered line by line; the rest is counted in the last one's message. */
const REJECTIONS_TOLD = 1000;
const LINES_LIMIT = 200_000;

interface Line {
  number: number;
  record: PegbarRecord;
  tenant: string;
  id: bigint;
}

/** Takes the lines of NDJSON, or the members of a JSON array: good ones are kept, bad ones named. */
export function createEventIntake(options: EventIntakeOptions): {
  accept(body: string, context: EventContext): Promise<EventVerdict>;
} {
  const { intake, clock, counters } = options;

  async function accept(body: string, context: EventContext): Promise<EventVerdict> {
    const verdict: EventVerdict = { accepted: 0, duplicates: 0, rejected: [] };
    const lines: Line[] = [];
    eachLine(body, (number, parsed) => {
      if (!parsed.ok) return reject(verdict, number, parsed.error);
      const line = check(number, parsed.value, context);
      if ('error' in line) reject(verdict, number, line.error);
      else lines.push(line);
    });
    const known = context.import === undefined ? undefined : await lookUp(lines);
    intake.transact(() => {
      for (const line of lines) {
        if (known?.has(`${line.tenant}/${line.id}`) || !take(line, context.import)) verdict.duplicates++;
        else verdict.accepted++;
      }
    });
    counters.add('pegbar_accepted_total', { signal: 'events' }, verdict.accepted);
    counters.add('pegbar_duplicates_total', { signal: 'events' }, verdict.duplicates);
    // Duplicates too: the first copy may be in a group that is not on disk yet.
    await intake.durable();
    return verdict;
  }

  function check(
    number: number,
    record: PegbarRecord,
    context: EventContext,
  ): Line | { error: RecordProblem } {
    const said = record.tenant;
    if (context.tenant !== null && said !== undefined && said !== context.tenant)
      counters.add('pegbar_tenant_overridden_total');
    const tenant = context.tenant ?? said ?? 'default';
    if (!TENANT_NAME.test(tenant))
      return problem(
        'invalid_record',
        'tenant',
        `"${tenant.slice(0, 80)}" is not a name of a tenant: letters, digits, . _ -, at most 64`,
      );
    if (record.timestamp.ms > clock.now() + FUTURE_MS)
      return problem(
        'timestamp_out_of_range',
        'timestamp',
        'more than a day in the future; check the clock or the time zone of the sender',
      );
    const identity =
      record.event_id === undefined
        ? canonicalText({ ...record, tenant })
        : `${record.type}\n${record.event_id}`;
    return { number, record, tenant, id: digest64(identity) };
  }

  /** False where the line was seen before. */
  function take({ record, tenant, id }: Line, importName: string | undefined): boolean {
    if (!intake.dedup.window(tenant, 'events').add(Number(id & 0xffffffffn), Number(id >> 32n))) return false;
    const span = spanIdentity(record);
    if (span && !intake.dedup.window(tenant, 'spans').add(span.lo, span.hi)) return false;
    const protect = options.protectorOf(tenant);
    if (
      'user_id_hash' in record &&
      record.user_id_hash !== undefined &&
      protect.optedOut(protect.userHash(record.user_id_hash))
    ) {
      counters.add('pegbar_dropped_total', { reason: 'opted_out' });
      return true;
    }
    const context = { tenant, protect, imported: importName !== undefined, gpuPrice: options.gpuPrice };
    writeRows(record, context, intake.block);
    if (importName !== undefined)
      intake
        .block('import_ids')
        .append({ tenant, timestamp: BigInt(clock.now()) * 1_000_000n, id, import: importName });
    return true;
  }

  async function lookUp(lines: readonly Line[]): Promise<Set<string>> {
    const byTenant = new Map<string, bigint[]>();
    for (const { tenant, id } of lines) {
      const ids = byTenant.get(tenant) ?? [];
      ids.push(id);
      byTenant.set(tenant, ids);
    }
    const known = new Set<string>();
    for (const [tenant, ids] of byTenant)
      for (const id of await options.knownImports(tenant, ids)) known.add(`${tenant}/${id}`);
    return known;
  }

  function reject(verdict: EventVerdict, line: number, error: RecordProblem): void {
    counters.add('pegbar_rejected_total', { signal: 'events', reason: error.code });
    if (verdict.rejected.length < REJECTIONS_TOLD) verdict.rejected.push({ line, ...error });
  }

  return { accept };
}

type Parsed = ReturnType<typeof parseRecord>;

const TOO_MANY: Parsed = {
  ok: false,
  error: {
    code: 'too_many_values',
    field: '',
    message: `lines from here on were not read; send at most ${LINES_LIMIT} in one request`,
  },
};

function eachLine(body: string, visit: (number: number, parsed: Parsed) => void): void {
  if (/^\s*\[/.test(body)) {
    const items = arrayOf(body);
    if (items) {
      items.slice(0, LINES_LIMIT).forEach((item, index) => {
        visit(index + 1, parseRecord(item));
      });
      if (items.length > LINES_LIMIT) visit(LINES_LIMIT + 1, TOO_MANY);
      return;
    }
  }
  let start = 0;
  for (let number = 1; start < body.length; number++) {
    if (number > LINES_LIMIT) {
      visit(number, TOO_MANY);
      return;
    }
    let end = body.indexOf('\n', start);
    if (end < 0) end = body.length;
    const line = body.slice(start, end).trim();
    if (line !== '') visit(number, parseLine(line));
    start = end + 1;
  }
}

function arrayOf(body: string): unknown[] | undefined {
  try {
    return parseExactJson(body) as unknown[];
  } catch {
    return undefined;
  }
}

/** A stage with both ids is the span of those ids; boundaries share the ids of their span. */
function spanIdentity(record: PegbarRecord): Fingerprint | undefined {
  if (record.type !== 'stage' || record.pipeline_stage === undefined) return undefined;
  return record.trace_id && record.span_id ? fingerprintHex(record.trace_id, record.span_id) : undefined;
}

function digest64(text: string): bigint {
  return createHash('sha1').update(text).digest().readBigUInt64LE(0);
}

function problem(code: ErrorCode, field: string, message: string): { error: RecordProblem } {
  return { error: { code, field, message } };
}
