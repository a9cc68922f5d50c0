/** Prompts and palettes as documents of what stands in them. Pure. */
import { binOf, charactersOf, colourNamesOf, promptFeatures, tagsOf, wordsOf } from '../features/index.ts';
import type { ContentDocument } from './content-cells.ts';

export interface PromptRow {
  readonly session: string;
  readonly values: readonly string[];
  /** Empty where the text may not be stored; then `bins` are the keyed bins of its words. */
  readonly prompt: string;
  readonly bins: ArrayLike<number>;
  readonly language: string;
  readonly script: string;
}

/** Memory of what texts hold: prompts of a session repeat most of themselves, and themselves often. */
const MEMO_MOST = 2_000;

/** Documents of prompts; the same text is read once as long as it is remembered. */
export function createPromptReader(): (row: PromptRow) => ContentDocument {
  const memo = new Map<string, ContentDocument['kinds']>();
  const ofText = (text: string): ContentDocument['kinds'] => {
    const known = memo.get(text);
    if (known) return known;
    if (memo.size >= MEMO_MOST) memo.clear();
    const made = kindsOfText(text);
    memo.set(text, made);
    return made;
  };
  return ({ session, values, prompt, bins, language, script }) => {
    const mixes: ContentDocument['kinds'] = [
      ...(language === '' ? [] : [named('language', [language])]),
      ...(script === '' ? [] : [named('script', [script])]),
    ];
    const content: ContentDocument['kinds'] =
      prompt === '' ? [{ kind: 'keyed_token', cells: Array.from(bins) }] : ofText(prompt);
    return { session, values, kinds: [...content, ...mixes] };
  };
}

/** Tags and characters are looked for in all prompts, so that their shares are of all prompts. */
export function kindsOfText(text: string): ContentDocument['kinds'] {
  const names = new Map<number, string>();
  for (const word of wordsOf(text)) {
    const bin = binOf(word);
    if (!names.has(bin)) names.set(bin, word);
  }
  return [
    { kind: 'token', cells: promptFeatures(text).bins, names },
    named('tag', tagsOf(text)),
    named('character', charactersOf(text)),
  ];
}

export const paletteDocument = (
  session: string,
  values: readonly string[],
  palette: readonly string[],
): ContentDocument => ({ session, values, kinds: [named('colour', colourNamesOf(palette))] });

function named(kind: ContentDocument['kinds'][number]['kind'], texts: readonly string[]) {
  const names = new Map(texts.map((text) => [binOf(text), text] as const));
  return { kind, cells: [...names.keys()], names };
}
