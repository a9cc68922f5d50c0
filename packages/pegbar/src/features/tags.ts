/** What a prompt asks for in the words of its writer: its booru tags, and the characters that it names. */
import { looksLikeTag } from './chunk-table.ts';
import { withoutTags, withoutWeights } from './markup.ts';
import { TEXT_LIMIT, wordsOfPart } from './words.ts';

/** Booru tags have up to this many words (`hair over one eye`). */
const TAG_WORDS = 4;
/** Tags of one prompt that are told; real ones have dozens. */
const TAGS_MOST = 200;
/** Japanese prompts part their tags by their own comma. */
const COMMA = /[,、，]/;

/** `name (work)`, as boorus write characters; the parentheses may be escaped, and blanks underscores. */
const CHARACTER = /^([^()\\:]*[^()\\:\s_])[\s_]+\\?\(([^()\\:]+)\\?\)$/u;
/** `character:name`, as tags with a name space say it; the name may have its work behind it. */
const NAMESPACED = /^char(?:acter)?:\s*(.*[^\s\d.].*)$/iu;
/** What stands in parentheses behind a word and is no work: `red (colour)` and its like. */
const NO_WORK = new Set([
  'style',
  'artist',
  'colour',
  'color',
  'object',
  'medium',
  'cosplay',
  'meme',
  'food',
]);

/**
 * Booru tags of a prompt, each once, in the order of appearance: comma-separated parts of one to four lower-case words
 * without an article, as `PromptFeatures.booru_tags` counts them. Underscores are blanks: `long_hair` is `long hair`.
 */
export function tagsOf(text: string): string[] {
  const found = new Set<string>();
  for (const part of partsOf(text)) {
    const words = wordsOfPart(part);
    const pieces = part.trim().split(/\s+/);
    if (words.length === 0 || words.length > TAG_WORDS) continue;
    if (pieces.every((piece) => looksLikeTag(piece, words))) found.add(words.join(' '));
    if (found.size >= TAGS_MOST) break;
  }
  return [...found];
}

/**
 * Characters that a prompt names in the form of the boorus, `name (work)`, or in a name space, `character:name`; lower
 * case, each once. There is no list of names: a name alone cannot be told from a word, nor the LoRA of a character from
 * that of a style.
 */
export function charactersOf(text: string): string[] {
  const found = new Set<string>();
  if (!text.includes('(') && !text.includes(':')) return [];
  for (const part of partsOf(text)) {
    const tag = withoutEmphasis(withoutWeights(part).trim());
    const [, told] = NAMESPACED.exec(tag) ?? [];
    const [, name, work] = CHARACTER.exec(told ?? tag) ?? [];
    const [who, where] = [plain(name ?? told ?? ''), plain(work ?? '')];
    if (who !== '' && where !== '' && !NO_WORK.has(where)) found.add(`${who} (${where})`);
    else if (who !== '' && told !== undefined) found.add(who);
    if (found.size >= TAGS_MOST) break;
  }
  return [...found];
}

function partsOf(text: string): string[] {
  const parts = withoutTags(text.slice(0, TEXT_LIMIT)).split(COMMA);
  return parts.length > 1 ? parts : [];
}

/** `((miku (vocaloid)))` is `miku (vocaloid)`, asked for with more weight. */
function withoutEmphasis(part: string): string {
  let inner = part;
  while (inner.startsWith('(') && inner.endsWith(')')) inner = inner.slice(1, -1).trim();
  return inner;
}

const plain = (text: string): string => wordsOfPart(text.replaceAll('_', ' ')).join(' ');
