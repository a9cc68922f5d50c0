/** Kinds of a field that hold more than one value: lists, LoRA stacks, resolutions. */
import { z } from 'zod';
import { count, isBlank, type Kind, number, Problem, text, wrong } from './fields.ts';
import {
  MAX_ATTRIBUTE_LENGTH,
  MAX_LIST_ITEMS,
  MAX_NAME_LENGTH,
  MAX_SIDE_PX,
  MAX_VECTOR_LENGTH,
  MAX_VECTOR_VALUE,
} from './limits.ts';
import { jsonText, type Overflow } from './overflow.ts';

/** A list of texts; a single text is a list of one, objects are kept as their JSON text. */
export function list(
  doc: string,
  maxItems = MAX_LIST_ITEMS,
  maxLength = MAX_NAME_LENGTH,
): Kind<string[], readonly string[] | string> {
  const item = z.union([z.string().max(maxLength), z.number(), z.looseObject({})]);
  return {
    form: 'list',
    doc,
    unit: '',
    wire: z.union([z.array(item).max(maxItems), z.string().max(maxLength)]),
    read(value) {
      if (isBlank(value)) return undefined;
      const items = Array.isArray(value) ? value : [value];
      const problem = tooMany(items, maxItems);
      if (problem !== undefined) return problem;
      const out: string[] = [];
      for (let i = 0; i < items.length; i++) {
        const each = items[i];
        if (isBlank(each)) continue;
        const one = typeof each === 'object' ? jsonText(each) : String(each);
        if (one.length > maxLength) {
          return new Problem(
            'too_large',
            `text of ${one.length} characters; at most ${maxLength} are taken`,
          ).under(String(i));
        }
        out.push(one);
      }
      return out;
    },
  };
}

/** The numbers of an embedding. */
export function vector(doc: string): Kind<number[], readonly number[]> {
  const item = z.number().min(-MAX_VECTOR_VALUE).max(MAX_VECTOR_VALUE);
  return {
    form: 'vector',
    doc,
    unit: '',
    wire: z.array(item).min(1).max(MAX_VECTOR_LENGTH),
    read(value) {
      if (isBlank(value)) return undefined;
      if (!Array.isArray(value) || value.length === 0) return wrong(value, 'a list of numbers');
      const problem = tooMany(value, MAX_VECTOR_LENGTH);
      if (problem !== undefined) return problem;
      for (let i = 0; i < value.length; i++) {
        const each: unknown = value[i];
        if (typeof each !== 'number' || !(Math.abs(each) <= MAX_VECTOR_VALUE))
          return wrong(each, `a number of at most ${MAX_VECTOR_VALUE}`).under(String(i));
      }
      return value as number[];
    },
  };
}

/** A number of things, or the things themselves. */
export function countOrList(
  doc: string,
  maxItems: number,
): Kind<number | string[], number | readonly string[]> {
  const counted = count(doc);
  const listed = list(doc, maxItems);
  return {
    form: 'count_or_list',
    doc,
    unit: '',
    wire: z.union([counted.wire, listed.wire]),
    read: (value, overflow) =>
      Array.isArray(value) ? listed.read(value, overflow) : counted.read(value, overflow),
  };
}

export interface Lora {
  id: string;
  /** 1 where not said. */
  weight: number;
}

const tooMany = (items: unknown[], max: number): Problem | undefined =>
  items.length > max
    ? new Problem('too_many_values', `${items.length} entries; at most ${max} are taken`)
    : undefined;

/** `id`, `id:weight` (as ComfyUI and A1111 users write it; a colon that no number follows belongs to the id). */
export function readLora(value: string): Lora {
  const colon = value.lastIndexOf(':');
  if (colon > 0 && colon < value.length - 1) {
    const weight = Number(value.slice(colon + 1));
    if (Number.isFinite(weight)) return { id: value.slice(0, colon), weight };
  }
  return { id: value, weight: 1 };
}

/** A stack of LoRAs in order: ids, `id:weight`, or `{id, weight}`. */
export function loras(
  doc: string,
): Kind<Lora[], readonly (string | { id: string; weight?: number })[] | string> {
  const name = text('', MAX_NAME_LENGTH);
  const weight = number('');
  const item = z.union([
    z.string().max(MAX_NAME_LENGTH),
    z.looseObject({ id: z.string().max(MAX_NAME_LENGTH), weight: z.number().optional() }),
  ]);
  const readItem = (each: unknown, overflow: Overflow): Lora | Problem => {
    if (typeof each === 'string' && each.length <= MAX_NAME_LENGTH) return readLora(each);
    if (typeof each !== 'object' || each === null) return wrong(each, 'a LoRA; send its id or {id, weight}');
    const { id: rawId, name: rawName, weight: rawWeight } = each as Record<string, unknown>;
    const readId = name.read(rawId ?? rawName, overflow);
    if (readId === undefined) return new Problem('missing_field', 'a LoRA needs its id').under('id');
    if (readId instanceof Problem) return readId.under('id');
    const readWeight = weight.read(rawWeight, overflow);
    if (readWeight instanceof Problem) return readWeight.under('weight');
    return { id: readId, weight: readWeight ?? 1 };
  };
  return {
    form: 'loras',
    doc,
    unit: '',
    wire: z.union([z.array(item).max(MAX_LIST_ITEMS), z.string()]),
    read(value, overflow) {
      if (isBlank(value)) return undefined;
      const items: unknown[] = Array.isArray(value) ? value : [value];
      const problem = tooMany(items, MAX_LIST_ITEMS);
      if (problem !== undefined) return problem;
      const out: Lora[] = [];
      for (let i = 0; i < items.length; i++) {
        if (isBlank(items[i])) continue;
        const read = readItem(items[i], overflow);
        if (read instanceof Problem) return read.under(String(i));
        out.push(read);
      }
      return out;
    },
  };
}

export interface Size {
  width: number;
  height: number;
}

/** `768x768` or `{width, height}`, in pixels. */
export function resolution(doc: string): Kind<Size, string | Size> {
  const side = number('', { min: 1, max: MAX_SIDE_PX, int: true });
  const expected = 'a resolution; send "768x768" or {"width":768,"height":768}';
  return {
    form: 'resolution',
    doc,
    unit: 'px',
    wire: z.union([
      z.string().regex(/^\d{1,7}\s*[xX×*]\s*\d{1,7}$/),
      z.looseObject({ width: side.wire, height: side.wire }),
    ]),
    read(value, overflow) {
      if (isBlank(value)) return undefined;
      let sides: [unknown, unknown] = [undefined, undefined];
      if (typeof value === 'string') {
        const parts = /^(\d{1,7})\s*[xX×*]\s*(\d{1,7})$/.exec(value);
        if (parts !== null) sides = [parts[1], parts[2]];
      } else if (Array.isArray(value)) {
        sides = [value[0], value[1]];
      } else if (typeof value === 'object' && value !== null) {
        sides = [(value as Record<string, unknown>).width, (value as Record<string, unknown>).height];
      }
      const width = side.read(sides[0], overflow);
      const height = side.read(sides[1], overflow);
      return typeof width === 'number' && typeof height === 'number'
        ? { width, height }
        : wrong(value, expected);
    },
  };
}

/**
 * A workflow graph: JSON, or its text. Text that is none, such as the name of a workflow, is kept as the attribute
 * `workflow`.
 */
export function workflow(doc: string): Kind<string, string | Record<string, unknown>> {
  return {
    form: 'text',
    doc,
    unit: '',
    wire: z.union([z.string().max(MAX_ATTRIBUTE_LENGTH), z.record(z.string(), z.unknown())]),
    read(value, overflow) {
      if (isBlank(value)) return undefined;
      if (typeof value !== 'string' && (typeof value !== 'object' || Array.isArray(value)))
        return wrong(value, 'a workflow graph: a JSON object, or its text');
      const graph = typeof value === 'string' ? value : jsonText(value);
      if (graph.length > MAX_ATTRIBUTE_LENGTH)
        return new Problem(
          'too_large',
          `a graph of ${graph.length} characters; at most ${MAX_ATTRIBUTE_LENGTH} are taken`,
        );
      if (/^\s*\{/.test(graph)) return graph;
      overflow.add('workflow', value);
      return undefined;
    },
  };
}
