// The official OpenTelemetry clients of Go and Java, which need their own tools: `npm run e2e:clients [go] [java]`.
// Each sends a trace over HTTP with gzip and one over gRPC; what is stored is compared with what was sent. Builds
// happen in a copy beside the temporary files. Exit status 0: all the same; 1: not; a missing tool is said.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BIN = fileURLToPath(new URL('../../../packages/pegbar/bin/pegbar.js', import.meta.url));
const PORTS = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];

/** Runs in the client's folder; the line of JSON on stdout is what was sent. */
const CLIENTS = {
  go: {
    tool: ['go', 'version'],
    steps: [
      ['go', 'mod', 'tidy'],
      ['go', 'run', '.'],
    ],
  },
  java: {
    tool: ['mvn', '--version'],
    steps: [
      ['mvn', '-q', 'compile'],
      ['mvn', '-q', 'exec:java', '-Dexec.args=$ARGS'],
    ],
  },
};

function runClient(name, args) {
  const { tool, steps } = CLIENTS[name];
  try {
    execFileSync(tool[0], tool.slice(1), { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const folder = join(tmpdir(), `pegbar-e2e-client-${name}`);
  mkdirSync(folder, { recursive: true });
  cpSync(join(HERE, name), folder, { recursive: true });
  let out = '';
  steps.forEach(([command, ...given], index) => {
    const last = index === steps.length - 1;
    const withArgs = given.map((each) => each.replace('$ARGS', args.join(' ')));
    const all = last && !given.some((each) => each.includes('$ARGS')) ? [...withArgs, ...args] : withArgs;
    out = execFileSync(command, all, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }).toString();
  });
  // Maven colours its silence.
  return JSON.parse(/^\{.*\}$/m.exec(out)[0]);
}

const EXPECTED = {
  name: 'sample',
  kind: 'internal',
  status: 'error',
  duration_ms: 1500,
  error_message: 'sampling failed',
  pipeline_stage: 'generate',
  seed: '9223372036854775807',
  scope: 'kit@4.5.6',
  yes: 'true',
  fraction: '0.25',
  texts: '["a","b"]',
};

async function differences(url, name, sent) {
  await fetch(`${url}/api/v1/flush`, { method: 'POST' });
  const out = [];
  for (const [protocol, trace] of Object.entries(sent)) {
    const sql = `SELECT name, kind, status, duration_ms, error_message, pipeline_stage, seed, scope, request_id, service,
      attributes['yes'] AS yes, attributes['fraction'] AS fraction, attributes['texts'] AS texts
      FROM spans WHERE trace_id = '${trace}'`;
    const answer = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    });
    const { columns, rows } = await answer.json();
    if (rows?.length !== 1) {
      out.push(`${name} over ${protocol}: ${rows?.length} rows in place of one`);
      continue;
    }
    const row = Object.fromEntries(rows[0].map((value, at) => [columns[at].name, value]));
    const expected = { ...EXPECTED, request_id: `${name}-${protocol}`, service: `client-${name}` };
    for (const [key, value] of Object.entries(expected))
      if (row[key] !== value)
        out.push(`${name} over ${protocol}: ${key} is ${row[key]} in place of ${value}`);
    const { spans } = await (await fetch(`${url}/api/v1/traces/${trace}`)).json();
    const [event] = spans[0].events;
    if (event?.name !== 'inference_finished' || event.attributes.step !== '20')
      out.push(`${name} over ${protocol}: the event is ${JSON.stringify(event)}`);
  }
  return out;
}

const data = mkdtempSync(join(tmpdir(), 'pegbar-e2e-clients-'));
const server = spawn(process.execPath, [BIN, 'up', '--json', '--data', data, ...PORTS], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
try {
  const [line] = await new Promise((resolve) => {
    createInterface({ input: server.stdout }).once('line', (text) => resolve([text]));
  });
  const { url, otlp_http, otlp_grpc } = JSON.parse(line);
  const asked = process.argv.slice(2);
  const problems = [];
  for (const name of asked.length > 0 ? asked : Object.keys(CLIENTS)) {
    const sent = runClient(
      name,
      [otlp_http, otlp_grpc].map((each) => each.replace('http://', '')),
    );
    if (sent === undefined) console.log(`${name}: skipped, its tools are not installed`);
    else {
      const found = await differences(url, name, sent);
      problems.push(...found);
      console.log(`${name}: ${found.length === 0 ? 'stored as sent' : found.join('\n')}`);
    }
  }
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}
