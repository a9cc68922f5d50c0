export { type ComfyHint, type ComfyPass, type ComfySettings, readComfyGraph } from './comfy/index.ts';
export { type Loose, type LooseObject, parseLoose } from './loose-json.ts';
