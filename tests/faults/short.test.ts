/** The short run of `npm run faults`: a dozen kills under load, torn and damaged logs, retries across restarts. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { engineMissing } from '../../packages/pegbar/src/store/engine/testing.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);
const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
/** Some 40 s on a quiet machine. */
const LIMIT_MS = 600_000;

it.skipIf(missing)(
  'loses nothing that it acknowledged and stores nothing twice, over a dozen kills and damaged logs',
  async () => {
    const told = await new Promise<string>((resolve) => {
      execFile(process.execPath, [RUN, '--short'], { timeout: LIMIT_MS, maxBuffer: 1e8 }, (_error, stdout) =>
        resolve(stdout),
      );
    });
    const failures = told
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { scenario: string; failures?: unknown[] })
      .filter(({ failures }) => failures !== undefined);
    expect(failures).toEqual([]);
    expect(told).toMatch(/^\d+ passed, 0 failed$/m);
  },
  LIMIT_MS + 10_000,
);
