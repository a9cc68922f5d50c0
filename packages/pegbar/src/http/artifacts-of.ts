import { join } from 'node:path';
import { type Artifacts, createArtifacts, directoryFiles } from '../artifacts/index.ts';
import type { ApiDeps } from './deps.ts';

/** Pictures in the data folder, where nobody says another place. */
export const artifactsIn = ({ config, log }: Pick<ApiDeps, 'config' | 'log'>): Artifacts =>
  createArtifacts({ files: directoryFiles(join(config.data, 'artifacts')), log });
