/** Free attributes: into the map as text, protected where the tenant's policy asks for it. */
import type { MapColumn } from '../../../native/index.ts';
import { checkValue, type ValueTexts } from './json-value.ts';
import type { KeyTable } from './keys.ts';
import { MAX_ATTRIBUTES, MAX_VALUE_BYTES } from './limits.ts';
import { appendDouble, appendInt } from './number-text.ts';
import * as role from './roles.ts';
import type { Tally } from './tally.ts';
import type { Tenant } from './tenants.ts';
import { appendString, appendText, cutLength } from './text.ts';
import { BOOL, DOUBLE, INT, STRING, type Value } from './value.ts';
import type { Wire } from './wire.ts';

export class FreeAttributes {
  private readonly tally: Tally;
  private readonly texts: ValueTexts;
  /** Redactions since the caller last looked. */
  redactions = 0;

  constructor(tally: Tally, texts: ValueTexts) {
    this.tally = tally;
    this.texts = texts;
  }

  /** Adds an entry to the row that began at entry `first` of the map. */
  add(
    map: MapColumn,
    first: number,
    keys: KeyTable,
    id: number,
    kind: number,
    wire: Wire,
    value: Value,
    tenant: Tenant,
  ): void {
    // A user's id has a column; what is left over of it must not be stored in clear.
    if (map.entries - first >= MAX_ATTRIBUTES || kind === role.USER) {
      this.tally.attributes++;
      checkValue(wire, value, 0);
      return;
    }
    if (tenant.protector.plain) {
      const entry = open(map, keys, id);
      this.plain(map, entry, wire, value);
      return;
    }
    const kept = this.texts.guarded(wire, value, keys.text(id), tenant.protector);
    this.redactions += this.texts.redactions;
    if (kept !== undefined) map.values.push(open(map, keys, id), kept.plain);
  }

  private plain(map: MapColumn, entry: number, wire: Wire, value: Value): void {
    const column = map.values;
    column.open(entry, 32);
    const out = column.data;
    switch (value.kind) {
      case STRING: {
        const length = cutLength(wire, value.start, value.length, MAX_VALUE_BYTES);
        if (length < value.length) this.tally.truncated++;
        appendText(out, wire, value.start, length);
        return;
      }
      case INT:
        appendInt(out, value.lo, value.hi);
        return;
      case DOUBLE:
        appendDouble(out, value.double);
        return;
      case BOOL:
        appendString(out, value.lo ? 'true' : 'false');
        return;
      default:
        appendString(out, this.texts.plain(wire, value));
    }
  }
}

/** Opens an entry under the key and returns its index. */
function open(map: MapColumn, keys: KeyTable, id: number): number {
  const entry = map.entries++;
  map.keys.open(entry, 0);
  keys.dictionary.appendTo(map.keys.data, id);
  return entry;
}
