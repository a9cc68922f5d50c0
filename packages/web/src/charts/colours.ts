/** Which series has which colour, and what that colour is in the theme of the moment. */

/** A token of tokens.css, without its dashes; or a colour that was seen in pictures: `#d98b5f`. */
export type Colour = string;

const SLOTS: readonly Colour[] = ['series-1', 'series-3', 'series-4', 'series-2', 'series-5', 'series-6'];
export const REST: Colour = 'series-rest';
/** More lines than this nobody tells apart. */
export const SERIES_MOST = 5;

function hashOf(name: string): number {
  let hash = 2166136261;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  return hash >>> 0;
}

/** A colour for each name: its own slot by hash, so that it has the same on every page; the next free one else. */
export function colourNames(names: readonly string[]): Map<string, Colour> {
  const taken = new Set<Colour>();
  const out = new Map<string, Colour>();
  for (const name of names) {
    const first = hashOf(name) % SLOTS.length;
    const slot = SLOTS.map((_, at) => SLOTS[(first + at) % SLOTS.length]!).find((one) => !taken.has(one));
    out.set(name, slot ?? REST);
    if (slot) taken.add(slot);
  }
  return out;
}

/** p50, p95, p99: one hue in three weights. */
export const RANK_COLOURS: Readonly<Record<'p50' | 'p95' | 'p99', Colour>> = {
  p50: 'rank-1',
  p95: 'rank-2',
  p99: 'rank-3',
};

/** The stages of a request keep their colours everywhere. */
export const STAGE_COLOURS: Readonly<Record<string, Colour>> = {
  ingest: REST,
  preprocess: REST,
  generate: 'series-1',
  upscale: 'series-2',
  postprocess: 'series-3',
  deliver: 'series-4',
};

/** What a style is given. */
export const cssColour = (colour: Colour): string => (colour.startsWith('#') ? colour : `var(--${colour})`);

/** What a canvas is given: it cannot read custom properties itself. Read once for each theme. */
export function paletteOf(root: HTMLElement): (token: Colour) => string {
  const theme = root.dataset.theme ?? '';
  const known = palettes.get(theme) ?? new Map<Colour, string>();
  palettes.set(theme, known);
  let style: CSSStyleDeclaration | undefined;
  return (token) => {
    if (token.startsWith('#')) return token;
    const found = known.get(token);
    // What is not known yet is read while its theme is on.
    if (found !== undefined || (root.dataset.theme ?? '') !== theme) return found ?? '';
    style ??= getComputedStyle(root);
    const read = style.getPropertyValue(`--${token}`).trim();
    if (read !== '') known.set(token, read);
    return read;
  };
}
const palettes = new Map<string, Map<Colour, string>>();
