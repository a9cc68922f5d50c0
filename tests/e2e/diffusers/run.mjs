// Real pipelines of diffusers on a CPU, watched by the Python SDK, against a running Pegbar: what was done is what is
// queried, field by field. `npm run e2e:diffusers`. The first run makes an environment beside the temporary files
// (torch alone is gigabytes, since PyPI has no smaller build for Linux); PEGBAR_DIFFUSERS_PYTHON names a Python that
// has it all. Where it cannot be installed it says so and exits with 0. Exit status 0: all the same; 1: not.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { checkCalls } from './check.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PORTS = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
/** What the facts were measured with; PEGBAR_DIFFUSERS_VERSIONS names others. */
const VERSIONS = (
  process.env.PEGBAR_DIFFUSERS_VERSIONS ??
  'torch==2.9.1 diffusers==0.42.1 transformers==5.23.0 peft accelerate'
).split(' ');
const INSTALL_MS = 30 * 60_000;
const PLAY_MS = 10 * 60_000;

function pythonWithDiffusers() {
  if (process.env.PEGBAR_DIFFUSERS_PYTHON) return process.env.PEGBAR_DIFFUSERS_PYTHON;
  const folder = join(tmpdir(), 'pegbar-diffusers');
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'installed');
  if (existsSync(done)) return python;
  const options = { stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_MS };
  console.error(`installing ${VERSIONS.join(', ')} into ${folder}`);
  execFileSync('python3', ['-m', 'venv', '--clear', folder], options);
  execFileSync(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...VERSIONS],
    options,
  );
  writeFileSync(done, VERSIONS.join('\n'));
  return python;
}

/** The SDK as a user installs it, into a folder of its own, so that the environment stays as it is. */
function installSdk(python, into) {
  const args = ['install', '--quiet', '--disable-pip-version-check', '--target', into, join(ROOT, 'python')];
  execFileSync(python, ['-m', 'pip', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: INSTALL_MS,
  });
}

/** One thread for torch: the machine is shared, and figures of it are compared. */
const environment = (packages) => ({
  ...process.env,
  PYTHONPATH: [packages, process.env.PYTHONPATH].filter(Boolean).join(delimiter),
  HF_HUB_OFFLINE: '1',
  OMP_NUM_THREADS: '1',
});

function play(python, packages, ready) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(HERE, 'play.py'), ready.url, ready.otlp_http], {
      env: environment(packages),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PLAY_MS,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(JSON.parse(out.trim().split('\n').at(-1)))
        : reject(new Error(`${code}\n${err.slice(-4000)}`)),
    );
  });
}

/** What the SDK promises of any pipeline, on real ones: the tests that CI runs on a fake one. */
function contract(python, packages) {
  const env = { ...environment(packages), PYTHONDONTWRITEBYTECODE: '1' };
  execFileSync(python, ['-m', 'unittest', '-q', 'tests.test_real_pipelines'], {
    cwd: join(ROOT, 'python'),
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: PLAY_MS,
  });
}

const folder = mkdtempSync(join(tmpdir(), 'pegbar-e2e-diffusers-'));
let server;
try {
  let python;
  try {
    python = pythonWithDiffusers();
    installSdk(python, join(folder, 'packages'));
  } catch (error) {
    console.log(`skipped: torch and diffusers cannot be installed here (${String(error).slice(0, 200)})`);
    process.exit(0);
  }
  contract(python, join(folder, 'packages'));
  const bin = join(ROOT, 'packages/pegbar/bin/pegbar.js');
  server = spawn(process.execPath, [bin, 'up', '--json', '--data', join(folder, 'data'), ...PORTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout });
  const ready = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
  const done = await play(python, join(folder, 'packages'), ready);
  const { checked, problems } = await checkCalls(ready.url, done);
  for (const problem of problems) console.log(`✗ ${problem}`);
  const { plain_s, watched_s, steps } = done.told.find(({ label }) => label === 'overhead');
  console.log(
    JSON.stringify({
      bench: 'diffusers',
      metric: `cpu of a call of ${steps} steps, watched`,
      value: watched_s,
      unit: 's',
      ratio: plain_s / watched_s,
      peer: 'the same call, not watched',
      spread: null,
    }),
  );
  console.log(`${checked} figures compared, ${problems.length} differ`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  if (server) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
