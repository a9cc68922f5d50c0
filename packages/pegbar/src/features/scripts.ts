/** Writing systems, told apart by code unit ranges: no table, no regular expression on the common path. */

export type Script = 'latin' | 'kana' | 'han' | 'hangul' | 'cyrillic' | 'other' | 'mixed' | 'none';

export const LATIN = 1;
export const KANA = 2;
export const HAN = 4;
export const HANGUL = 8;
export const CYRILLIC = 16;
export const OTHER = 32;
export const ANY_SCRIPT = 63;

/** A text is of one script when this share of its letters is; below, it is mixed. */
const DOMINANT_SHARE = 0.9;

const LETTER = /\p{L}/u;
const HAN_LETTER = /\p{Script=Han}/u;

/** The script bit of one code point, 0 where it is no letter. */
export function scriptBit(code: number): number {
  if (code < 0x80) return (code | 32) >= 97 && (code | 32) <= 122 ? LATIN : 0;
  if (code < 0x250) return LETTER.test(String.fromCodePoint(code)) ? LATIN : 0;
  if (code >= 0x400 && code <= 0x52f) return LETTER.test(String.fromCodePoint(code)) ? CYRILLIC : 0;
  if ((code >= 0x3041 && code <= 0x30fa) || code === 0x30fc || (code >= 0x31f0 && code <= 0x31ff)) {
    return code >= 0x3099 && code <= 0x309c ? 0 : KANA;
  }
  if (code >= 0xff66 && code <= 0xff9d) return KANA;
  if ((code >= 0x3400 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0x9fff) || code === 0x3005) return HAN;
  if (code >= 0xac00 && code <= 0xd7a3) return HANGUL;
  if ((code >= 0x1100 && code <= 0x11ff) || (code >= 0x3131 && code <= 0x318e)) return HANGUL;
  if ((code >= 0x1e00 && code <= 0x1eff) || (code >= 0xff21 && code <= 0xff5a)) {
    return LETTER.test(String.fromCodePoint(code)) ? LATIN : 0;
  }
  if (code >= 0xd800 && code <= 0xdfff) return 0;
  const letter = String.fromCodePoint(code);
  if (HAN_LETTER.test(letter)) return HAN;
  return LETTER.test(letter) ? OTHER : 0;
}

/** The scripts that occur in a text, as bits. */
export function scriptsIn(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    bits |= scriptBit(code);
  }
  return bits;
}

/** Letters per script; Han counts as Japanese where kana stand beside it. */
export interface ScriptCount {
  script: Script;
  kana: number;
  hangul: number;
  han: number;
  letters: number;
}

/** The script of a text that has letters of more than one, by counting them. */
export function countScripts(text: string): ScriptCount {
  const counts = new Map<number, number>();
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    const bit = scriptBit(code);
    if (bit === 0) continue;
    letters++;
    counts.set(bit, (counts.get(bit) ?? 0) + 1);
  }
  const kana = counts.get(KANA) ?? 0;
  const han = counts.get(HAN) ?? 0;
  const groups: [Script, number][] = [
    ['latin', counts.get(LATIN) ?? 0],
    ['kana', kana > 0 ? kana + han : 0],
    ['han', kana > 0 ? 0 : han],
    ['hangul', counts.get(HANGUL) ?? 0],
    ['cyrillic', counts.get(CYRILLIC) ?? 0],
    ['other', counts.get(OTHER) ?? 0],
  ];
  const found = groups.find(([, n]) => letters > 0 && n >= letters * DOMINANT_SHARE);
  return {
    script: letters === 0 ? 'none' : (found?.[0] ?? 'mixed'),
    kana,
    hangul: counts.get(HANGUL) ?? 0,
    han,
    letters,
  };
}

/** The script of a text whose letters are all of one script bit. */
export function scriptOfBit(bit: number): Script {
  if (bit === LATIN) return 'latin';
  if (bit === KANA) return 'kana';
  if (bit === HAN) return 'han';
  if (bit === HANGUL) return 'hangul';
  if (bit === CYRILLIC) return 'cyrillic';
  return bit === OTHER ? 'other' : 'none';
}
