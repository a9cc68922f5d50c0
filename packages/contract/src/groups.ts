/** Objects of fields: the groups inside a record (`model`, `params`, …) and the record itself. */
import { z } from 'zod';
import { isRequired, type Kind, type Members, Problem, type Read, type Sent, shown } from './fields.ts';

interface GroupOptions {
  /** Where the group stands, for the keys of its unknown members in the overflow map; '' is the record. */
  name: string;
  /** The member that a plain text stands for: `"model": "v7"` means `model.version`. */
  short?: string;
}

export function group<const M extends Members, const O extends GroupOptions>(
  doc: string,
  options: O,
  members: M,
): Kind<Read<M>, O extends { short: string } ? Sent<M> | string : Sent<M>> {
  const byName = new Map(Object.entries(members));
  const prefix = `${options.name}.`;
  const object = z.looseObject(wireOf(members));
  return {
    form: 'object',
    doc,
    unit: '',
    members,
    ...(options.short === undefined ? {} : { short: options.short }),
    wire: options.short === undefined ? object : z.union([object, z.string()]),
    read(value, overflow) {
      if (value === undefined || value === null || value === '') return undefined;
      const { short } = options;
      const given = short !== undefined && typeof value === 'string' ? { [short]: value } : value;
      if (typeof given !== 'object' || Array.isArray(given)) {
        const forms = short === undefined ? 'an object' : `an object or the text of ${prefix}${short}`;
        return new Problem('invalid_record', `${shown(value)} is not ${forms}`);
      }
      const out: Record<string, unknown> = {};
      for (const key in given as object) {
        const raw = (given as Record<string, unknown>)[key];
        const member = byName.get(key);
        if (member === undefined) {
          overflow.add(prefix + key, raw);
          continue;
        }
        const read = member.read(raw, overflow);
        if (read instanceof Problem) return read.under(key);
        if (read !== undefined) out[key] = read;
      }
      return out as Read<M>;
    },
  };
}

/** The zod shape of members; null is taken for "not said". */
export function wireOf(members: Members): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {};
  for (const [name, kind] of Object.entries(members)) {
    const doc = kind.unit === '' ? kind.doc : `${kind.doc} Unit: ${kind.unit}.`;
    shape[name] = (isRequired(kind) ? kind.wire : kind.wire.nullish()).describe(doc);
  }
  return shape;
}
