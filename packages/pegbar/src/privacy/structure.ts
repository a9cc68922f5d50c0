/** Nested values: attributes of structure, chat messages, workflow graphs. */
import { isLargeNumber } from './exact-json.ts';
import { isChoice, isNodeId, isNodeMember } from './keys.ts';

/** Values nested deeper than this are replaced whole. Workflows have four levels, sub-graphs a few more. */
const DEPTH_LIMIT = 32;

/** More values than this in one structure are left out: the largest workflows have some ten thousand. */
const VALUE_LIMIT = 100_000;

/** What a walk asks of the policy. `undefined` leaves the value out. */
export interface Visitor {
  /** A member of an object, before it is entered. `undefined`: enter it. */
  member(key: string, value: unknown): { value: unknown } | undefined;
  text(text: string): string;
  /** A number, which may be a card's. */
  number(value: number | bigint, key: string): unknown;
  /** A text in a workflow graph that is no choice among what is installed; only asked where `graphs` is set. */
  graphText(text: string): unknown;
  cut(): void;
  /** Graphs are to be told from other structures, because prompts may not be stored. */
  graphs: boolean;
}

const CUT = '[cut]';

/** The value with every part seen by the visitor. Cycles end at the depth limit. `graph`: all of it is a workflow. */
export function walk(value: unknown, visitor: Visitor, graph = false): unknown {
  let left = VALUE_LIMIT;

  function enter(one: unknown, key: string, depth: number, inGraph: boolean): unknown {
    if (--left < 0 || depth > DEPTH_LIMIT) {
      if (left === -1 || depth > DEPTH_LIMIT) visitor.cut();
      return CUT;
    }
    if (typeof one === 'string') {
      if (isLargeNumber(one) || isNodeId(key, one)) return one;
      return inGraph && !isChoice(key, one) ? visitor.graphText(one) : visitor.text(one);
    }
    if (typeof one === 'number' || typeof one === 'bigint') return visitor.number(one, key);
    if (one instanceof Uint8Array || typeof one !== 'object' || one === null) return one;
    if (Array.isArray(one)) return list(one, key, depth, inGraph);
    return members(one, key, depth, inGraph || (visitor.graphs && isGraph(one)));
  }

  function list(items: unknown[], key: string, depth: number, inGraph: boolean): unknown[] {
    const out: unknown[] = [];
    for (const item of items) {
      out.push(enter(item, key, depth + 1, inGraph));
      if (left < 0) break;
    }
    return out;
  }

  function members(object: object, ownKey: string, depth: number, inGraph: boolean): unknown {
    const out: [string, unknown][] = [];
    for (const [key, member] of Object.entries(object)) {
      if (inGraph && isLink(member)) {
        out.push([key, member]);
        continue;
      }
      const decided = isNodeMember(ownKey, key) ? undefined : visitor.member(key, member);
      const kept = decided ? decided.value : enter(member, key, depth + 1, inGraph);
      if (kept !== undefined) out.push([key, kept]);
      if (left < 0) break;
    }
    // `fromEntries` defines members, so that `__proto__` is a name like any other.
    return Object.fromEntries(out);
  }

  return enter(value, '', 0, graph);
}

/** `"positive": ["6", 0]` says which node's output is meant: wiring, not text. */
function isLink(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [node, slot] = value as [unknown, unknown];
  return typeof slot === 'number' && typeof node === 'string' && /^[\d:.]{1,16}$/.test(node);
}

/** ComfyUI's API graph (nodes with a class and inputs) or its UI graph (nodes with widgets, links between them). */
function isGraph(object: object): boolean {
  return 'class_type' in object || 'widgets_values' in object || ('nodes' in object && 'links' in object);
}
