import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the short calibration holds: false alarms, power and a family of tests', () => {
  const script = fileURLToPath(new URL('run.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script, '--short'], { encoding: 'utf8' });
  expect(
    JSON.parse(stdout),
    stderr
      .split('\n')
      .filter((line) => line.startsWith('broken'))
      .join('\n'),
  ).toEqual({
    rows: 27,
    broken: 0,
  });
});
