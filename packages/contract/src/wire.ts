/** From a record back to JSON: what export, dead letters and the identity of a line are made of. */
import type { AnyKind, Instant, Members } from './fields.ts';
import type { PegbarRecord, RecordInput } from './record-types.ts';
import { RECORDS } from './records.ts';

/** RFC 3339 in UTC with milliseconds, and with nanoseconds where the instant has them. */
export function instantText({ ms, ns }: Instant): string {
  const text = new Date(ms).toISOString();
  return ns === 0 ? text : `${text.slice(0, -1)}${String(ns).padStart(6, '0')}Z`;
}

/** The record as it would be sent; `parseRecord` of it gives the record again. */
export function toWire(record: PegbarRecord): RecordInput {
  return wireMembers(RECORDS[record.type], record as Record<string, unknown>) as RecordInput;
}

function wireMembers(members: Members, values: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const kind: AnyKind | undefined = members[name];
    if (kind?.form === 'time') out[name] = instantText(value as Instant);
    else if (kind?.members !== undefined)
      out[name] = wireMembers(kind.members, value as Record<string, unknown>);
    else out[name] = value;
  }
  return out;
}

/**
 * The canonical text of a record: JSON with sorted members. Two lines that say the same in different forms or order
 * have the same text, so that its digest is the identity of a line without `event_id`.
 */
export function canonicalText(record: PegbarRecord): string {
  return sortedJson(record);
}

function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  const given = value as Record<string, unknown>;
  let text = '';
  for (const key of Object.keys(given).sort()) {
    if (given[key] === undefined) continue;
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${sortedJson(given[key])}`;
  }
  return text === '' ? '{}' : `${text}}`;
}
