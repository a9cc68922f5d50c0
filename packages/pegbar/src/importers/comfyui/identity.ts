/** Identities that a second look, a restart and a retry give again; the same as in python/comfyui_pegbar/ids.py. */
import { createHash } from 'node:crypto';
import type { LooseObject } from '../images/index.ts';

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

export const digest = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(parts.map(String).join('\n')).digest('hex');

/** A prompt's UUID is its trace id, so that one is found by the other; other ids are hashed. */
export function traceIdOf(promptId: string): string {
  const plain = promptId.replaceAll('-', '').toLowerCase();
  return UUID.test(promptId) && /[^0]/.test(plain) ? plain : digest('pegbar:comfyui', promptId).slice(0, 32);
}

/** 16 hex digits that name the shape of a graph: its nodes and links, not their settings. Empty for no graph. */
export function workflowHash(graph: LooseObject): string {
  const lines: string[] = [];
  for (const [id, node] of Object.entries(graph)) {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) continue;
    if (typeof node.class_type !== 'string') continue;
    const links: string[] = [];
    const inputs =
      typeof node.inputs === 'object' && node.inputs !== null && !Array.isArray(node.inputs)
        ? node.inputs
        : {};
    for (const [name, value] of Object.entries(inputs)) {
      if (!Array.isArray(value) || value.length !== 2) continue;
      if (typeof value[0] === 'string' && typeof value[1] === 'number')
        links.push(`${name}=${value[0]}:${Math.trunc(value[1])}`);
    }
    lines.push([id, node.class_type, ...links.sort(byCodePoint)].join(' '));
  }
  return lines.length === 0
    ? ''
    : createHash('sha256').update(lines.sort(byCodePoint).join('\n')).digest('hex').slice(0, 16);
}

/** As Python sorts text; UTF-16 order differs beyond the basic plane. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
