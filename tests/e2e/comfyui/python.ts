/** Python for the tests of the ComfyUI node: the standard library only, any version from 3.9 on. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PYTHON_TESTS = fileURLToPath(new URL('python', import.meta.url));
/** A cold interpreter on a busy runner, and a test that waits for a server that is away. */
const PYTHON_MS = 120_000;

export const hasPython = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0,
);
export const WITHOUT_PYTHON = 'needs python3 (3.9 or later) on the PATH';

export function python(
  args: readonly string[],
  input = '',
  env: Record<string, string> = {},
): { code: number | null; stdout: string; stderr: string } {
  const kept = Object.entries(process.env).filter(([name]) => !/^PEGBAR/.test(name));
  const ran = spawnSync(hasPython ?? 'python3', [...args], {
    cwd: PYTHON_TESTS,
    input,
    encoding: 'utf8',
    timeout: PYTHON_MS,
    maxBuffer: 64 * 1_048_576,
    env: { ...Object.fromEntries(kept), PYTHONDONTWRITEBYTECODE: '1', ...env },
  });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

export const here = (name: string): string => join(PYTHON_TESTS, '..', name);
