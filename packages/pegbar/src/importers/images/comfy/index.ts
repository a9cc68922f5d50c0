export { type ComfyHint, type ComfyPass, type ComfySettings, readComfyGraph } from './read-graph.ts';
export { readComfyWorkflow } from './workflow.ts';
