/** Keeps the bytes of pictures, and shows them to those who may see them. */
export {
  ARTIFACT_BYTES,
  type Artifacts,
  createArtifacts,
  type Kept,
  THUMBNAIL_BYTES,
} from './artifacts.ts';
export { directoryFiles } from './directory.ts';
export type { ArtifactFiles } from './port.ts';
export { readReference } from './reference.ts';
export { type ArtifactRetentionDeps, startArtifactRetention } from './retention.ts';
export { createWanted } from './wanted.ts';
