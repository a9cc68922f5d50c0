/** Log lines and messages that repeat a prompt, where prompts may not be stored. */

const MARK = '[prompt]';

/** What a line says before it repeats a prompt: `got prompt:`, `"text": `, `Negative prompt:`, `caption=`. */
const NAMED = /(?:prompts?|caption|infotext)["']?\s{0,4}(?::|=|-|is\b|\bfor\b|["'([{])/i;

/** The parameter line that A1111 and its kin write under prompts. */
const INFOTEXT = /(?:^|\n)Steps: \d{1,6}, /;

/** A sentence of a status message has no such lists: several comma-separated parts or weights. */
const WEIGHTED = /\([^()]{1,80}:\d(?:\.\d{1,3})?\)|<(?:lora|lyco|hypernet):/i;

/**
 * Cuts what follows the naming of a prompt, up to the end of the text: where a prompt ends cannot be told. A text that
 * repeats a prompt without naming it passes; those who must not risk it leave log bodies out with a key rule or at
 * the sender.
 */
export function withoutEcho(text: string): { text: string; redactions: number } {
  const parameters = INFOTEXT.exec(text);
  if (parameters) return { text: `${MARK}\n${text.slice(parameters.index).trimStart()}`, redactions: 1 };
  if (WEIGHTED.test(text)) return { text: MARK, redactions: 1 };
  const named = NAMED.exec(text);
  if (!named) return { text, redactions: 0 };
  const end = named.index + named[0].length;
  if (text.slice(end).trim() === '' || text.slice(end).trim() === MARK) return { text, redactions: 0 };
  return { text: `${text.slice(0, end)} ${MARK}`, redactions: 1 };
}
