/** The short run of `npm run fuzz`, from a fixed seed: in-process targets, and a live server for a few hundred. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
const missing = engineMissing();
if (missing) console.warn(`no live server is fuzzed: ${missing}`);
const LIMIT_MS = 600_000;

it(
  'answers bad inputs without crashing, hanging or growing',
  async () => {
    const live = missing ? '0' : '600';
    const told = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [RUN, '--seed', '20261122', '--iterations', '20000', '--live', live],
        { timeout: LIMIT_MS, maxBuffer: 1e8 },
        (_error, stdout) => resolve(stdout),
      );
    });
    const failures = told
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { fuzz: string; failure?: unknown })
      .filter(({ failure }) => failure !== undefined);
    expect(failures).toEqual([]);
    expect(told).toMatch(/^\d+ passed, 0 failed$/m);
  },
  LIMIT_MS + 10_000,
);
