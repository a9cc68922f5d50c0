/** Slots. Each holds one prompt, so a prompt pushes out at most one other. */
const SLOTS = 512;
/** Longer prompts are worked out anew each time: with all slots full of them a tenant takes some 1 MB. UTF-16 units. */
const KEPT = 2048;
/** Characters that choose the slot. */
const SAMPLES = 12;

/**
 * What was found out about the latest prompts. All spans of a trace repeat one, and many senders make each one
 * different: so looking for a prompt that is not here must cost next to nothing. A `Map` would hash every
 * character of it and grow and die with the prompts; here a dozen characters choose the only place where it can be.
 */
export class PromptMemo<V> {
  readonly #texts: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #values: (V | undefined)[] = new Array(SLOTS).fill(undefined);

  get(text: string): V | undefined {
    const slot = slotOf(text);
    return this.#texts[slot] === text ? this.#values[slot] : undefined;
  }

  set(text: string, value: V): void {
    if (text.length > KEPT) return;
    const slot = slotOf(text);
    this.#texts[slot] = ownText(text);
    this.#values[slot] = value;
  }
}

function slotOf(text: string): number {
  const { length } = text;
  const step = Math.max(1, Math.floor(length / SAMPLES));
  let hash = length;
  for (let at = length - 1; at >= 0; at -= step) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

const scratch = Buffer.allocUnsafeSlow(KEPT * 3);

/** A slice, as the engine keeps it, would hold the whole request body in memory. */
function ownText(text: string): string {
  return scratch.toString('utf8', 0, scratch.write(text, 'utf8'));
}
