import type { Random } from './random.ts';
import type { ReadyVocabulary } from './studio.ts';

/** A prompt and what a picture made from it shows. */
export interface Prompt {
  text: string;
  negative: string;
  language: string;
  /** Pieces of the picture, as the vocabulary maps its words. */
  outfit: string;
  background: string;
  face: string;
}

/** One piece of each list; Japanese is joined without the blank that Latin script wants. */
export function composePrompt(vocabulary: ReadyVocabulary, random: Random): Prompt {
  const subject = random.pick(vocabulary.subjects);
  const [lookText, outfit] = random.pick(vocabulary.looks);
  const [placeText, background] = random.pick(vocabulary.places);
  const [moodText, face] = random.pick(vocabulary.moods);
  const style = random.pick(vocabulary.styles);
  const joint = vocabulary.language === 'ja' ? '、' : ', ';
  return {
    text: `${subject}${joint}${lookText}${joint}${moodText}${joint}${placeText}${joint}${style}`,
    negative: vocabulary.negative,
    language: vocabulary.language,
    outfit,
    background,
    face,
  };
}

/** Reserved names and numbers (RFC 2606, NANP 555-01xx, Japan's 090-0000): nobody's. */
const PERSONAL: Readonly<Record<string, readonly ((random: Random) => string)[]>> = {
  en: [
    (random) => `for ${random.pick(['mika', 'ren', 'sora', 'yui'])}.${random.hex(1)}@example.com`,
    (random) => `poster, call (202) 555-01${10 + random.below(90)}`,
  ],
  ja: [(random) => `連絡先 ${random.pick(['hana', 'riku'])}@example.jp`],
};

/** A share of prompts says what it should not: an address or a number that a policy takes out. */
export function withPersonalData(prompt: Prompt, share: number, random: Random): Prompt {
  if (share === 0 || !random.chance(share)) return prompt;
  const joint = prompt.language === 'ja' ? '、' : ', ';
  const said = random.pick(PERSONAL[prompt.language] ?? (PERSONAL.en as (typeof PERSONAL)[string]));
  return { ...prompt, text: `${prompt.text}${joint}${said(random)}` };
}
