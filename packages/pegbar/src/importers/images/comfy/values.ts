import type { Loose } from '../loose-json.ts';
import { DEPTH_MOST, linkOf, type Node, nodeAt, type Walk } from './graph.ts';

type Constant = string | number | bigint | boolean;

/** Inputs in which primitives, constants and seed nodes of the common packs keep their value. */
const VALUE_KEYS = ['value', 'Value', 'int', 'float', 'number', 'Number', 'string', 'String', 'text', 'Text'];
/** Other names of the same thing on the node where a link ends. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  seed: ['noise_seed', 'seed_num'],
  noise_seed: ['seed', 'seed_num'],
  steps: ['steps_total'],
};
/** What such a node gives out is computed from its inputs, not equal to one: better unknown than wrong. */
const COMPUTES = /math|expression|divide|multiply|random|switch|ratio|aspect|resolution|size|calc/i;
const PASSES_ON = /reroute|primitive|passthrough|^(any|get|set)/i;

/** The constant in which an input ends, through reroutes, primitives and nodes that hand on settings. */
export function constant(walk: Walk, key: string, value: Loose | undefined, depth = 0): Constant | undefined {
  if (value === undefined || value === null) return undefined;
  const link = linkOf(walk, value);
  if (!link) return isConstant(value) ? value : undefined;
  const node = nodeAt(walk, link);
  if (!node || depth > DEPTH_MOST || COMPUTES.test(node.type)) return undefined;
  for (const name of [key, ...(ALIASES[key] ?? []), ...VALUE_KEYS]) {
    if (name in node.inputs) return constant(walk, key, node.inputs[name], depth + 1);
  }
  if (!PASSES_ON.test(node.type)) return undefined;
  const only = Object.values(node.inputs);
  return only.length === 1 ? constant(walk, key, only[0], depth + 1) : undefined;
}

const isConstant = (value: Loose): value is Constant => typeof value !== 'object';

export function numberIn(walk: Walk, node: Node | undefined, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const found = node && constant(walk, key, node.inputs[key]);
    const number = typeof found === 'string' ? Number(found || Number.NaN) : Number(found);
    if (found !== undefined && typeof found !== 'boolean' && Number.isFinite(number)) return number;
  }
  return undefined;
}

export function textIn(walk: Walk, node: Node | undefined, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const found = node && constant(walk, key, node.inputs[key]);
    if (typeof found === 'string') return found;
  }
  return undefined;
}

/** Largest seed of 64 bits, unsigned. */
const SEED_MOST = 2n ** 64n - 1n;

/** Decimal digits of a seed; negative ones stand for "random" and say nothing. */
export function seedIn(walk: Walk, node: Node | undefined, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const found = node && constant(walk, key, node.inputs[key]);
    if (found === undefined || typeof found === 'boolean' || !/^\d{1,20}$/.test(String(found))) continue;
    if (BigInt(found) <= SEED_MOST) return String(found);
  }
  return undefined;
}
