import type { BlockBuilder } from '../../native/index.ts';
import type { Protector } from '../../privacy/index.ts';

/** Where the rows of a record go: the open group's builder of a table. */
export type Blocks = (table: string) => BlockBuilder;

export interface RowContext {
  tenant: string;
  protect: Protector;
  /** Told by an importer: never times out. */
  imported: boolean;
  /** US dollars per second of a GPU type; 0 where no price is set. */
  gpuPrice(gpuType: string): number;
}

/** Attributes that fill columns for which the reference event has no field. */
const COLUMN_ATTRIBUTES: ReadonlySet<string> = new Set([
  'pegbar.images',
  'pegbar.lora_count',
  'pegbar.negative_prompt.length',
]);

/** Free attributes through the tenant's key lists and patterns. */
export function attributesOf(
  given: Readonly<Record<string, string>>,
  { protect }: RowContext,
): { attributes: Record<string, string> | undefined; redactions: number } {
  let redactions = 0;
  let attributes: Record<string, string> | undefined;
  for (const [key, value] of Object.entries(given)) {
    if (COLUMN_ATTRIBUTES.has(key)) continue;
    const kept = protect.attribute(key, value);
    redactions += kept.redactions;
    if (!kept.keep) continue;
    attributes ??= {};
    attributes[key] = kept.value;
  }
  return { attributes, redactions };
}

export function nanoseconds({ ms, ns }: { ms: number; ns: number }): bigint {
  return BigInt(ms) * 1_000_000n + BigInt(ns);
}

export function tristate(flag: boolean | undefined): number | undefined {
  return flag === undefined ? undefined : flag ? 2 : 1;
}

export function protectedUri(uri: string | undefined, protect: Protector): string | undefined {
  return uri === undefined ? undefined : protect.text(uri).text;
}

export function protectedList(
  items: readonly string[] | undefined,
  protect: Protector,
): string[] | undefined {
  return items && items.length > 0 ? items.map((item) => protect.text(item).text) : undefined;
}
