export { colourNamesOf } from './colours.ts';
export { type LoraTag, lorasInPrompt } from './markup.ts';
export {
  asciiFigures,
  type PromptFeatures,
  type PromptFigures,
  prepareFeatures,
  promptFeatures,
} from './prompt.ts';
export type { Script } from './scripts.ts';
export { charactersOf, tagsOf } from './tags.ts';
export { BIN_COUNT, binOf, TEXT_LIMIT, wordsOf } from './words.ts';
