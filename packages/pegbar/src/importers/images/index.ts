export {
  type ComfyHint,
  type ComfyPass,
  type ComfySettings,
  readComfyGraph,
  readComfyWorkflow,
} from './comfy/index.ts';
export { type PictureFacts, readFacts } from './containers/index.ts';
export { type PictureFile, readPictureFile, shownPath } from './file.ts';
export { readRecipe } from './generators/index.ts';
export { type Journal, openJournal, sentKey } from './journal.ts';
export { type Loose, type LooseObject, parseLoose } from './loose-json.ts';
export type { PictureTags } from './records.ts';
export { type PictureReport, type PictureSink, type Sending, sendPictures, type Thumbnail } from './send.ts';
export { type Candidate, isPictureName, type WalkCounts, walk } from './walk.ts';
