import { createRequire } from 'node:module';
import { countScripts, type Script, type ScriptCount } from './scripts.ts';

/**
 * Language of a prompt, ISO 639-1 or `und`.
 *
 * The detector costs some 20 to 100 µs a text, against a budget of 1.5 µs a prompt, so it is asked last. Kana settle
 * Japanese, hangul Korean, Han alone Chinese. A Latin prompt is English when at least a tenth of its parts
 * hold an English word and those outnumber the ones with a function word of another language two to one (the evidence
 * is kept with each part in the chunk table, so it costs nothing). Only what is left reaches the detector:
 * the first DETECT_LIMIT units of the text, candidates of that script only, answers remembered. All of it depends on
 * the text alone, never on load.
 */

/** The detector reads this much. More does not change its answer and would cost in proportion. */
const DETECT_LIMIT = 256;

/** Remembered answers; about 2 MB at worst. Cleared whole when full. */
const MEMO_LIMIT = 4096;

/** Fewer letters than this say nothing about a language (names, single tags). */
const LETTERS_NEEDED = 10;

/** The best candidate must beat the second by this factor. */
const LEAD = 1.15;

/** Kana or hangul below this share of the letters are ornament (an emoticon, a name), not the language. */
const ORNAMENT_SHARE = 0.1;

const LATIN_LANGUAGES = 'en de fr es it pt nl pl sv da no fi cs hu ro tr vi id'.split(' ');
const CYRILLIC_LANGUAGES = 'ru uk bg sr be mk kk'.split(' ');

interface Detector {
  detectAll(text: string, options: { only: string[] }): { lang: string; accuracy: number }[];
}

let detector: Detector | undefined;

/** Loads the detector's profiles, some 80 ms once. A command that reads no prompt never needs them. */
export function prepareLanguage(): Detector {
  detector ??= createRequire(import.meta.url)('tinyld') as Detector;
  return detector;
}

const LONE_SURROGATE = /\p{Cs}/gu;

const memo = new Map<string, string>();

/** Evidence of parts of a prompt: how many there are, how many hold an English word, how many one of another language. */
export interface Evidence {
  parts: number;
  english: number;
  foreign: number;
}

export function languageOf(text: string, script: Script, evidence: Evidence): string {
  switch (script) {
    case 'none':
      return 'und';
    case 'kana':
      return 'ja';
    case 'hangul':
      return 'ko';
    case 'han':
      return 'zh';
    case 'latin':
      return isEnglish(evidence) ? 'en' : detect(text, LATIN_LANGUAGES);
    case 'cyrillic':
      return detect(text, CYRILLIC_LANGUAGES);
    case 'other':
      return detect(text, []);
    case 'mixed':
      return ofMixed(text, countScripts(text), evidence);
  }
}

export function isEnglish({ parts, english, foreign }: Evidence): boolean {
  return english > 0 && english * 10 >= parts && english >= foreign * 2;
}

function ofMixed(text: string, count: ScriptCount, evidence: Evidence): string {
  const needed = count.letters * ORNAMENT_SHARE;
  if (count.hangul > needed && count.hangul >= count.kana) return 'ko';
  if (count.kana > 0 && count.kana + count.han > needed) return 'ja';
  if (count.han > needed) return 'zh';
  return isEnglish(evidence) ? 'en' : detect(text, []);
}

/** What the detector says of the start of a text, remembered. An empty list of candidates means all it knows. */
function detect(text: string, only: string[]): string {
  const start = text.slice(0, DETECT_LIMIT);
  const key = `${only[0] ?? ''}:${start}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  if (memo.size >= MEMO_LIMIT) memo.clear();
  const language = ask(start.replace(LONE_SURROGATE, ' ').toLowerCase(), only);
  // A copy: a slice, as the engine keeps it, would hold the whole prompt in memory.
  memo.set(Buffer.from(key, 'utf16le').toString('utf16le'), language);
  return language;
}

function ask(text: string, only: string[]): string {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters < LETTERS_NEEDED && only.length > 0) return 'und';
  const [best, second] = prepareLanguage().detectAll(text, { only });
  if (!best || (second && best.accuracy < second.accuracy * LEAD)) return 'und';
  return best.lang;
}
