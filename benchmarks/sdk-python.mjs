// What a stage of the Python SDK costs: python/bench_stage.py with PEGBAR_TEST_PYTHON, or with an environment that is
// made once beside the temporary files. Usage: node benchmarks/sdk-python.mjs [rounds=15].
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../python', import.meta.url));
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };

function pythonWithSdk() {
  if (process.env.PEGBAR_TEST_PYTHON) return process.env.PEGBAR_TEST_PYTHON;
  const folder = join(tmpdir(), 'pegbar-bench-py');
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'installed'))) return python;
  execFileSync('python3', ['-m', 'venv', '--clear', folder], quiet);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', SDK], quiet);
  writeFileSync(join(folder, 'installed'), '');
  return python;
}

let python;
try {
  python = pythonWithSdk();
} catch (error) {
  console.error(`skipped: no Python with OpenTelemetry can be had here (${String(error).slice(0, 200)})`);
  process.exit(0);
}
execFileSync(python, [join(SDK, 'bench_stage.py'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PYTHONPATH: SDK, PYTHONDONTWRITEBYTECODE: '1' },
});
