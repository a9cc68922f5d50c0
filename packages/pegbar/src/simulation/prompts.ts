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
