// Days on which nothing happens, through a server: what the sweep of each day calls drift.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '../../packages/pegbar');
const SCENARIO = join(PACKAGE, 'src/simulation/scenarios/quiet.yaml');
const DAY_MS = 86_400_000;
/** The baseline of the first day. */
const BASELINE_DAYS = 28;
const POLL_MS = 1_000;

/**
 * Tells `days` quiet days after four weeks of baseline to a server of its own and asks for the findings of each.
 * @returns {Promise<{ days: number, series: number, small: number, raised: { day: string, finding: string }[] }>}
 */
export async function quietDays({
  days,
  seed = 11,
  tell = () => undefined,
  bin = join(PACKAGE, 'bin/pegbar.js'),
}) {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-quiet-'));
  const scenario = join(dir, 'quiet.yaml');
  writeFileSync(scenario, readFileSync(SCENARIO));
  // A day more: the last one is not over yet.
  const args = [
    'demo',
    '--json',
    '--seed',
    `${seed}`,
    '--days',
    `${BASELINE_DAYS + days + 1}`,
    '--scenario',
    scenario,
  ];
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(process.execPath, [bin, ...args, ...ports, '--data', join(dir, 'data')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let [out, log] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (log = `${log}${text}`.slice(-20_000)));
    while (!(out.includes('\n') && log.includes('A studio moved in'))) {
      if (child.exitCode !== null) throw new Error(`the studio did not move in\n${log}`);
      await sleep(POLL_MS);
    }
    const { url } = JSON.parse(out.slice(0, out.indexOf('\n')));
    tell('told');
    // Everything is counted: a flush gives up after a while and is asked for again.
    while (!(await fetch(`${url}/api/v1/flush`, { method: 'POST' })).ok) await sleep(POLL_MS);
    tell('counted');
    const found = { days, series: 0, small: 0, raised: [] };
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    for (let from = today - days * DAY_MS; from < today; from += DAY_MS) {
      const [start, end] = [from, from + DAY_MS].map((ms) => new Date(ms).toISOString());
      const answer = await fetch(`${url}/api/v1/drift/findings?from=${start}&to=${end}&limit=50`);
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      const { findings, looked_at } = await answer.json();
      found.series += looked_at.series;
      found.small += looked_at.changed_but_small;
      for (const { metric, segment, words } of findings)
        found.raised.push({
          day: start.slice(0, 10),
          finding: `${metric} of ${Object.values(segment).join(', ') || 'all'}: ${words}`,
        });
      tell(`${start.slice(0, 10)}: ${looked_at.series} series, ${findings.length} raised`);
    }
    return found;
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(dir, { recursive: true, force: true });
  }
}
