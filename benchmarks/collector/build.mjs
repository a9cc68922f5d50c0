/** Builds the Collector from `builder.yaml` with its own builder, once per machine, outside the repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { say } from '../report.mjs';

const VERSION = '0.161.0';
const MANIFEST = new URL('./builder.yaml', import.meta.url);

/** Path of the program, or why there is none. */
export function buildCollector() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const dir = join(cache, 'pegbar', `collector-${VERSION}`);
  const program = join(dir, 'build', 'otelcol-peer');
  if (existsSync(program)) return { program };
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return { missing: 'Go is not on the PATH (1.26 or later builds the Collector)' };
  }
  say(`building the OpenTelemetry Collector ${VERSION} in ${dir}: some minutes, once`);
  mkdirSync(dir, { recursive: true });
  const manifest = join(dir, 'builder.yaml');
  const text = readFileSync(MANIFEST, 'utf8');
  writeFileSync(manifest, text.replace('dist:\n', `dist:\n  output_path: ${join(dir, 'build')}\n`));
  const options = {
    cwd: dir,
    env: { ...process.env, GOBIN: dir, GOFLAGS: '-buildvcs=false' },
    stdio: ['ignore', 2, 2],
  };
  try {
    execFileSync('go', ['install', `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`], options);
    execFileSync(join(dir, 'builder'), ['--config', manifest], options);
  } catch (error) {
    return { missing: `the Collector could not be built: ${error.message}` };
  }
  return { program };
}
