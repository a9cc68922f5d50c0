/** Stacks of LoRAs: `id`, `id:weight`, or objects with id and weight, as a list or as JSON text of one. */
import { readLora } from '@pegbar/contract';
import { MAX_ITEMS, MAX_NAME_BYTES } from './limits.ts';
import type { Outline } from './outline.ts';
import { columnIndex } from './roles.ts';
import type { Rows } from './rows.ts';

const LORAS = columnIndex('loras');
const WEIGHTS = columnIndex('lora_weights');
const COUNT = columnIndex('lora_count');

/** Writes ids, weights and, where it was not told, the count; false where an item is no LoRA. */
export function writeLoras(rows: Rows, outline: Outline, items: readonly string[], row: number): boolean {
  const ids: string[] = [];
  const weights: number[] = [];
  for (const item of items.length === 1 ? unwrap(items[0]!) : items) {
    if (item === '') continue;
    const lora = item.startsWith('{') ? ofObject(item) : readLora(item);
    if (lora === undefined || lora.id.length > MAX_NAME_BYTES || ids.length >= MAX_ITEMS) return false;
    ids.push(lora.id);
    weights.push(lora.weight);
  }
  if (ids.length === 0) return true;
  rows.arrayAt(LORAS).push(row, ids);
  rows.arrayAt(WEIGHTS).push(row, weights);
  if (!outline.has(COUNT)) rows.fixedAt(COUNT).push(row, ids.length);
  return true;
}

/** SDKs that know no arrays of objects send the list as one JSON text. */
function unwrap(text: string): string[] {
  if (!text.startsWith('[')) return [text];
  const list = parsed(text);
  if (!Array.isArray(list)) return [text];
  return list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

function ofObject(text: string): { id: string; weight: number } | undefined {
  const object = parsed(text) as Record<string, unknown> | undefined;
  const id = object?.id ?? object?.name;
  const weight = object?.weight ?? 1;
  if (typeof id !== 'string' || typeof weight !== 'number') return undefined;
  return { id, weight };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
