export {
  type ComfyHint,
  type ComfyPass,
  type ComfySettings,
  readComfyGraph,
  readComfyWorkflow,
} from './comfy/index.ts';
export { mediaTypeOf, readFacts } from './containers/index.ts';
export { readRecipe } from './generators/index.ts';
export { type Loose, type LooseObject, parseLoose } from './loose-json.ts';
