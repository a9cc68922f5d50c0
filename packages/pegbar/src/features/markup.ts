/** What generators write into prompts that is not language: LoRA tags, weights, escapes, BREAK. */

/** A LoRA that a prompt asks for by tag. `weight` is 1 where the tag gives none. */
export interface LoraTag {
  id: string;
  weight: number;
}

/** More tags than this in one prompt are not read: the stack of a real picture has a handful. */
const LORA_LIMIT = 64;

const TAG = /<(lora|lyco|locon|loha|hypernet):([^<>]{1,512})>/gi;
/** `(tag:1.2)`, `[from:to:0.5]`: the number is a weight or a moment, not a word. */
const WEIGHT = /:-?\d{0,4}\.?\d{1,6}(?=[)\]}])/g;
/** A1111 and ComfyUI read BREAK, in capitals, as "start a new chunk". */
const BREAK = /(?<![\p{L}\p{N}])BREAK(?![\p{L}\p{N}])/gu;

/**
 * LoRAs asked for by tags such as `<lora:name:0.8>`, in order of appearance. Of several numbers (text encoder and
 * U-Net, `te=0.5:unet=0.7`) the first is taken.
 */
export function lorasInPrompt(text: string): LoraTag[] {
  const found: LoraTag[] = [];
  if (!text.includes('<')) return found;
  for (const [, kind, inside] of text.matchAll(TAG)) {
    if (kind!.toLowerCase() === 'hypernet') continue;
    const [id, ...rest] = inside!.split(':');
    if (!id || found.length >= LORA_LIMIT) continue;
    const numbers = rest.map((part) => Number.parseFloat(part.slice(part.indexOf('=') + 1)));
    found.push({ id: id.trim(), weight: numbers.find((n) => Number.isFinite(n)) ?? 1 });
  }
  return found;
}

/** The text without its network tags. The same string comes back where there are none. */
export function withoutTags(text: string): string {
  return text.includes('<') ? text.replace(TAG, ' ') : text;
}

/** The text without weights and BREAK. */
export function withoutWeights(text: string): string {
  let plain = text.includes(':') ? text.replace(WEIGHT, ' ') : text;
  if (plain.includes('BREAK')) plain = plain.replace(BREAK, ' ');
  return plain;
}
